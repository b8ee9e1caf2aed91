// The workbench: the sums of what is ticked on both sides. Without this script the form works.
import { rupiah } from "./format.js";

const form = document.querySelector("[data-workbench]");
const sums = form?.querySelector("[data-sums]");

function sumOf(side) {
  const ticked = form.querySelectorAll(`[name="${side}"]:checked`);
  return [...ticked].reduce((sum, box) => sum + Number(box.dataset.amount), 0);
}

function show() {
  const [left, right] = [sumOf("kiri"), sumOf("kanan")];
  sums.hidden = left + right === 0;
  sums.querySelector("[data-left]").textContent = rupiah(left);
  sums.querySelector("[data-right]").textContent = rupiah(right);
  sums.querySelector("[data-gap]").textContent = rupiah(right - left);
  sums.dataset.equal = String(left === right);
}

if (sums) {
  form.addEventListener("change", show);
  show();
}
