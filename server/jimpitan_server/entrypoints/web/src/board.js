// The board: figures as they change (server-sent events). The curve of the last two hours comes
// when the page stands and the browser has time: figures do not wait for a library that draws.
import { show } from "./figures.js";

function connection(isLive) {
  for (const dot of document.querySelectorAll("[data-live]")) {
    dot.dataset.live = isLive ? "on" : "off";
  }
  for (const line of document.querySelectorAll("[data-offline]")) line.hidden = isLive;
}

const LATEST_START_MS = 3_000;
const early = [];
let chart = null;

function note(point) {
  if (chart) chart.take(point);
  else early.push(point);
}

async function draw(element) {
  const { Chart } = await import("./chart.js");
  const drawn = new Chart(element);
  try {
    const answer = await fetch("/series.json");
    for (const point of (await answer.json()).points) drawn.take(point);
  } catch {
    // The curve begins with what came since the page opened.
  }
  early.splice(0).forEach((point) => drawn.take(point));
  chart = drawn;
}

function begin() {
  const stream = new EventSource("/live");
  stream.addEventListener("totals", (event) => {
    const totals = JSON.parse(event.data);
    connection(true);
    show(totals);
    const known = totals.confirmed_idr + totals.provisional_idr;
    const seconds = Date.parse(totals.generated_at) / 1000; // two changes of one second are two
    note([seconds, totals.sensed.deposits, totals.counted_idr, known]);
  });
  stream.addEventListener("error", () => connection(false));
  const element = document.querySelector("[data-chart]");
  if (!element) return;
  const later = window.requestIdleCallback ?? ((work) => setTimeout(work, 500));
  later(() => draw(element), { timeout: LATEST_START_MS });
}

begin();
