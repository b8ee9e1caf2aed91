// Draws a photo anew, smaller: what the camera wrote into it (place, time, device) stays behind.
const SIDE_MAX = 1280;
const BYTES_MAX = 300 * 1024;
const QUALITIES = [0.7, 0.5, 0.35, 0.2];

export async function smallPhoto(file) {
  const picture = await createImageBitmap(file);
  for (let side = SIDE_MAX; ; side /= 2) {
    const canvas = drawn(picture, document.createElement("canvas"), side);
    for (const quality of QUALITIES) {
      const blob = await new Promise((give) => canvas.toBlob(give, "image/jpeg", quality));
      if (blob.size <= BYTES_MAX) return blob;
    }
  }
}

export async function show(blob, canvas) {
  drawn(await createImageBitmap(blob), canvas, 640);
  canvas.hidden = false;
}

function drawn(picture, canvas, side) {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}
