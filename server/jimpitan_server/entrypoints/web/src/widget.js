// The widget: fresh figures once a minute while somebody looks. Without this script it still shows.
import { show } from "./figures.js";

const EVERY_MS = 60_000;

setInterval(async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch("/totals.json");
    if (answer.ok) show(await answer.json());
  } catch {
    // What stands keeps its time; the next minute tries again.
  }
}, EVERY_MS);
