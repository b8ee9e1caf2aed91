// Builds the scripts and styles with esbuild into static/built, with names that carry a hash of
// the content (so they may be cached for ever) and a manifest.json of source name to built name.
import { build } from "esbuild";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "static", "built");
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const done = await build({
  entryPoints: ["board.js", "collector.js", "style.css"].map((name) => join(here, "src", name)),
  outdir: out,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2020",
  entryNames: "[name]-[hash]",
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
});
const manifest = {};
for (const [file, made] of Object.entries(done.metafile.outputs)) {
  if (made.entryPoint) manifest[basename(made.entryPoint)] = basename(file);
}
writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest, null, 1));
