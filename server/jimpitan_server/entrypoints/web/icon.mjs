// Draws the icon of the page as PNG, for phones that take no SVG: a box with a slot and a coin.
import { deflateSync } from "node:zlib";

const GREEN = [31, 91, 76];
const CREAM = [244, 233, 208];
const GOLD = [217, 164, 65];
// In a square of 100: left, top, width, height, radius, colour. The middle 80 is what a phone
// that cuts the icon to a shape of its own still shows (W3C Manifest, "maskable").
const SHAPES = [
  [0, 0, 100, 100, 0, GREEN],
  [41, 20, 18, 18, 9, GOLD],
  [26, 42, 48, 36, 5, CREAM],
  [38, 48, 24, 5, 2.5, GREEN],
];
const SAMPLES = 4;

function isInside([left, top, width, height, radius], x, y) {
  const dx = Math.max(left + radius - x, x - (left + width - radius), 0);
  const dy = Math.max(top + radius - y, y - (top + height - radius), 0);
  return dx * dx + dy * dy <= radius * radius + 1e-9;
}

function colourAt(x, y) {
  return SHAPES.reduce((found, shape) => (isInside(shape, x, y) ? shape[5] : found), GREEN);
}

function pixel(column, row, scale) {
  const sum = [0, 0, 0];
  for (let sample = 0; sample < SAMPLES ** 2; sample += 1) {
    const x = (column + ((sample % SAMPLES) + 0.5) / SAMPLES) * scale;
    const y = (row + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) * scale;
    colourAt(x, y).forEach((value, index) => (sum[index] += value));
  }
  return sum.map((value) => Math.round(value / SAMPLES ** 2));
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function chunk(name, content) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

// Returns the bytes of a PNG (ISO/IEC 15948): 8 bits a colour, no filter.
export function iconPng(size) {
  const rows = [];
  for (let row = 0; row < size; row += 1) {
    rows.push(0);
    for (let column = 0; column < size; column += 1) rows.push(...pixel(column, row, 100 / size));
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(Buffer.from(rows), { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
