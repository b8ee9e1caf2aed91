// Makes one sprite of the icons that the templates name, from the set of Lucide (ISC licence).
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const ICONS = join(
  dirname(createRequire(import.meta.url).resolve("lucide-static/package.json")),
  "icons",
);
const NAMED = /\bicon\("([a-z0-9-]+)"/g;

/** Return the names of icons that templates of a folder ask for, in order. */
export function namesIn(folder) {
  const found = new Set();
  for (const file of readdirSync(folder).filter((one) => one.endsWith(".html"))) {
    for (const [, name] of readFileSync(join(folder, file), "utf8").matchAll(NAMED)) {
      found.add(name);
    }
  }
  return [...found].sort();
}

/** Return a sprite with one symbol for each icon; a name that the set has not stops the build. */
export function sprite(names) {
  const symbols = names.map((name) => {
    const drawn = readFileSync(join(ICONS, `${name}.svg`), "utf8");
    const inner = drawn.slice(drawn.indexOf(">", drawn.indexOf("<svg")) + 1, drawn.lastIndexOf("</svg>"));
    return `<symbol id="${name}" viewBox="0 0 24 24">${inner.replace(/\s*\n\s*/g, "")}</symbol>`;
  });
  return `<!-- Lucide icons, ISC licence, lucide.dev/license --><svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}
