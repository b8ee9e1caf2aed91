// The whole box in the MicroPython VM: cut into calls, because garbage is collected between two calls only.

const STEPS = 1000; // or six hours of naps

export function run(python, heap, profile, amount) {
  const began = performance.now();
  const beganCpu = process.cpuUsage();
  // What stands for chips, people, broker and server is in this heap too, and in no board's.
  const empty = heap();
  python.runPython("import whole_board; whole_board.the_board()");
  const board = heap();
  python.runPython("import whole_firmware");
  const firmware = heap();
  python.runPython("import whole_box");
  const bench = board - empty + heap() - firmware;
  python.runPython(`w = whole_box.Whole("${profile}", ${amount}, "/flash", "/tape")`);
  const samples = [];
  const each_ms = profile === "nap" ? 21600000 : 120000;
  let due_ms = 0;
  let isOver = false;
  while (!isOver) {
    python.runPython(`over = w.run(${STEPS}); part = w.elapsed_ms() // ${each_ms}`);
    isOver = python.globals.get("over");
    if (python.globals.get("part") >= due_ms) {
      due_ms = python.globals.get("part") + 1;
      samples.push(heap() - bench);
    }
  }
  const seconds = (performance.now() - began) / 1000;
  python.runPython("import json; found = json.dumps(w.found())");
  const found = JSON.parse(python.globals.get("found"));
  found.seconds = seconds;
  found.cpu_seconds = process.cpuUsage(beganCpu).user / 1e6;
  found.heap = { modules: firmware - board + empty, samples };
  return { found, content: python.FS.readFile("/tape") };
}

const median = (values) => values.sort((one, other) => one - other)[values.length >> 1];

function took_us(python, code) {
  const began = performance.now();
  python.runPython(code);
  return (performance.now() - began) * 1000;
}

// Microseconds of one turn of an integer loop, of a step in which nothing happens, and of a deposit: what three seconds with
// one take above three seconds without, in which it is felt, kept, sent, weighed and acknowledged. Medians of rounds in turn,
// so that what else runs on the machine falls on all three.
export function bench(python, rounds = 41) {
  python.runPython("def turns():\n  x = 0\n  for i in range(100000):\n    x = (x + i) & 0xFFFF\n");
  python.runPython("import whole_box\nw = whole_box.Whole('idle', 600, '/flash', '/tape')\nw.run(3000)");
  const [loop, idle, more] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    loop.push(took_us(python, "turns()") / 100000);
    idle.push(took_us(python, "w.run(300)"));
    more.push(took_us(python, "w.story.deposit()\nw.run(300)") - idle[idle.length - 1]);
  }
  return { loop_us: median(loop), step_us: median(idle) / 300, deposit_us: median(more) };
}
