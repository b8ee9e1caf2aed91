// Puts fresh figures where a page says that they stand.
import { clockTime, dayShown, number, rupiah } from "./format.js";

const at = (totals, path) => path.split(".").reduce((value, name) => value[name], totals);

function put(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
    element.classList.add("changed");
    setTimeout(() => element.classList.remove("changed"), 900);
  }
}

/** Show the public figures (`/totals.json`) on the page. */
export function show(totals) {
  for (const element of document.querySelectorAll("[data-figure]")) {
    put(element, number(at(totals, element.dataset.figure)));
  }
  for (const element of document.querySelectorAll("[data-rupiah]")) {
    put(element, rupiah(at(totals, element.dataset.rupiah)));
  }
  for (const element of document.querySelectorAll("[data-time]")) {
    const value = element.dataset.zone && at(totals, element.dataset.time);
    if (value) element.textContent = clockTime(value, element.dataset.zone);
  }
  for (const element of document.querySelectorAll("[data-day]")) {
    const value = at(totals, element.dataset.day);
    if (value) element.textContent = dayShown(value);
  }
}
