// Runs device code in the real MicroPython VM (npm, WebAssembly).
// Usage: node run.mjs tests|scenario|heap <project root> [compiled firmware: a folder, or a ROM image named *.rom]. `tests` prints what the Python side
// prints; `scenario` one JSON line with the bytes as hex; `heap` one with the live heap.
// Or: node run.mjs whole <project root> <compiled, or -> nap|full <days or minutes> <tape>, the whole box of whole_box.py.
// Or: node run.mjs start <project root> <ROM partition> <folder with the board's files> <starts>, what main.py ran each time.
// Or: node run.mjs bench <project root> <compiled>, what one step and one deposit of it take.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [command, root, library, ...words] = process.argv.slice(2);
const compiled = library === "-" ? undefined : library;
const vm = join(root, "node_modules/@micropython/micropython-webassembly-pyscript/micropython.mjs");
const { loadMicroPython } = await import(pathToFileURL(vm).href);
// The VM keeps the image outside the heap and runs its bytecode in place, as a board does in flash.
const isRom = compiled?.endsWith(".rom");
const python = await loadMicroPython({
  heapsize: 128 * 1024,
  romfs: isRom ? new Uint8Array(readFileSync(compiled)) : undefined,
  stdout: (line) => console.log(line),
  linebuffer: true,
});

function copy(from, to, isWhole = false) {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.name.startsWith("__pycache__")) continue;
    const [source, target] = [join(from, entry.name), `${to}/${entry.name}`];
    if (entry.isDirectory()) {
      if (!python.FS.analyzePath(target).exists) python.FS.mkdir(target);
      copy(source, target, isWhole);
    } else if (isWhole || entry.name.endsWith(".py") || entry.name.endsWith(".mpy")) {
      python.FS.writeFile(target, readFileSync(source));
    }
  }
}

// The edge loop is compiled to the ESP32's own code, which no other processor runs: here as bytecode.
function copyBoard() {
  python.FS.mkdir("/lib/jimpitan_board");
  copy(join(root, "firmware/board/jimpitan_board"), "/lib/jimpitan_board");
  const loop = readFileSync(join(root, "firmware/board/jimpitan_board/edge_loop.py"), "utf8");
  python.FS.writeFile("/lib/jimpitan_board/edge_loop.py", loop.replace("@micropython.viper\n", ""));
}

for (const folder of ["/lib", "/tests"]) python.FS.mkdir(folder);
if (!isRom) copy(compiled ?? join(root, "firmware/lib"), "/lib");
if (!isRom && (!compiled || !existsSync(join(compiled, "jimpitan_board")))) copyBoard();
copy(join(root, "tests/device"), "/tests");
python.runPython(`import sys; sys.path[:] = ['${isRom ? "/rom" : "/lib"}', '/tests']`);

// Garbage is collected only when a call returns to JavaScript, so each module is a call.
const heap = () => {
  python.runPython("import gc; gc.collect()");
  python.runPython("import gc; live = gc.mem_alloc()");
  return python.globals.get("live");
};

if (command === "tests") {
  python.runPython("import device_runner");
  const modules = [];
  python.runPython("names = ' '.join(device_runner.MODULES)");
  modules.push(...python.globals.get("names").split(" "));
  for (const name of modules) python.runPython(`device_runner.run_module('${name}')`);
} else if (command === "whole") {
  const { run } = await import("./whole.mjs");
  const [profile, amount, tape] = words;
  const { found, content } = run(python, heap, profile, Number(amount));
  writeFileSync(tape, content);
  console.log(JSON.stringify(found));
} else if (command === "start") {
  const [files, starts] = words;
  copy(files, "", true);
  python.runPython(`import sys; sys.path.append('/tests')\nimport start_board; found = start_board.starts(${starts})`);
  console.log(python.globals.get("found"));
} else if (command === "bench") {
  const { bench } = await import("./whole.mjs");
  console.log(JSON.stringify(bench(python)));
} else if (command === "heap") {
  // The live heap of one running box as a board would hold it: modules, box, buffers.
  // What the bench itself takes stands apart, because no board carries it.
  python.runPython("import jimpitan_box.box, jimpitan_box.config");
  const firmware = heap();
  python.runPython("import bench_box");
  const bench = heap();
  python.runPython("b = bench_box.Bench(); b.run(2); b.coin(); b.coin(); b.run(2)");
  python.runPython("b.net.published.clear(); b.net.sent = b''; b.store.files.clear()");
  console.log(JSON.stringify({ heap_live: firmware + heap() - bench, heap_modules: firmware }));
} else {
  python.runPython("import device_scenario");
  python.runPython("found = device_scenario.outcome('/flash')");
  python.runPython("journal = found[0].hex(); sent = found[1].hex(); head = found[2]; del found");
  const [journal, sent, head] = ["journal", "sent", "head"].map((name) => python.globals.get(name));
  console.log(JSON.stringify({ journal, sent, head }));
}
