// Builds the scripts and styles with esbuild into static/built, with names that carry a hash of
// the content (so they may be cached for ever) and a manifest.json of source name to built name.
// The collector's page also gets icons, the list of files its worker keeps, and its sentences.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { iconPng } from "./icon.mjs";
import { namesIn, sprite } from "./icons.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "static", "built");
const page = join(here, "src", "kolektor");
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const settings = {
  outdir: out,
  bundle: true,
  minify: true,
  target: "es2020",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
};
const manifest = {};
const name = (file) => basename(file);

const done = await build({
  ...settings,
  entryPoints: [
    "board.js",
    "chart.css",
    "collector.js",
    "peringatan.js",
    "style.css",
    "widget.js",
    "workbench.js",
  ].map((file) => join(here, "src", file)),
  format: "esm",
  splitting: true,
});
const app = await build({
  ...settings,
  entryPoints: ["app.js", "app.css"].map((file) => join(page, file)),
  format: "esm",
  splitting: true,
});
for (const { outputs } of [done.metafile, app.metafile]) {
  for (const [file, made] of Object.entries(outputs)) {
    if (made.entryPoint) manifest[name(made.entryPoint)] ??= name(file);
  }
}
// What the board fetches once it stands: it counts as part of the page where pages are measured.
const late = (entry, metafile) => {
  const { imports } = Object.values(metafile.outputs).find((made) => made.entryPoint?.endsWith(entry));
  return imports.filter((one) => one.kind === "dynamic-import").map((one) => name(one.path));
};
manifest["board.js late"] = late("src/board.js", done.metafile).join(" ");
// What the page's script imports at once is named to the browser with the page itself.
const entry = Object.values(app.metafile.outputs).find((made) => made.entryPoint?.endsWith("app.js"));
const atOnce = entry.imports.filter((one) => one.kind === "import-statement").map((one) => name(one.path));
manifest["app.js imports"] = atOnce.join(" ");
for (const size of [192, 512]) {
  const content = iconPng(size);
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase();
  manifest[`icon-${size}.png`] = `icon-${size}-${hash}.png`;
  writeFileSync(join(out, manifest[`icon-${size}.png`]), content);
}

const icons = sprite(namesIn(join(here, "templates")));
const iconsHash = createHash("sha256").update(icons).digest("hex").slice(0, 8).toUpperCase();
manifest["icons.svg"] = `icons-${iconsHash}.svg`;
writeFileSync(join(out, manifest["icons.svg"]), icons);

// The library that reads QR codes where the phone cannot is fetched when it is needed.
const isLate = (made) => Object.keys(made.inputs).some((file) => file.includes("node_modules/qr/"));
const files = Object.entries(app.metafile.outputs)
  .filter(([, made]) => !isLate(made))
  .map(([file]) => `/static/${name(file)}`);
files.push(`/static/${manifest["icon-192.png"]}`);
const worker = await build({
  ...settings,
  entryPoints: [join(page, "worker.js")],
  format: "iife",
  define: { FILES: JSON.stringify(files) },
});
manifest["worker.js"] = name(Object.keys(worker.metafile.outputs)[0]);

const alerts = await build({
  ...settings,
  entryPoints: [join(here, "src", "peringatan_worker.js")],
  format: "iife",
});
manifest["peringatan_worker.js"] = name(Object.keys(alerts.metafile.outputs)[0]);

const said = /\bt\(\s*"((?:[^"\\]|\\.)*)"/g;
const sentences = new Set();
for (const file of readdirSync(page).filter((one) => one.endsWith(".js"))) {
  for (const [, sentence] of readFileSync(join(page, file), "utf8").matchAll(said)) {
    sentences.add(JSON.parse(`"${sentence}"`));
  }
}
writeFileSync(join(out, "sentences.json"), JSON.stringify([...sentences].sort(), null, 1));
writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest, null, 1));

// Squeezed once here instead of with every answer; small files are not worth a second one.
const SQUEEZED_FROM_BYTES = 1_000;
for (const file of readdirSync(out).filter((one) => /\.(js|css|svg)$/.test(one))) {
  const content = readFileSync(join(out, file));
  if (content.length >= SQUEEZED_FROM_BYTES) {
    writeFileSync(join(out, `${file}.gz`), gzipSync(content, { level: 9 }));
  }
}
