// The count at the lid: big steppers and a running sum. Without this script the form still works.
import { rupiah } from "./format.js";

for (const form of document.querySelectorAll("[data-count]")) {
  const inputs = [...form.querySelectorAll("[data-value]")];
  const pieces = (input) => Number.parseInt(input.value, 10) || 0;
  const sum = () => {
    const total = inputs.reduce((all, input) => all + pieces(input) * input.dataset.value, 0);
    form.querySelector("[data-total]").textContent = rupiah(total);
  };
  form.addEventListener("input", sum);
  form.addEventListener("click", (event) => {
    const step = Number(event.target.dataset?.step);
    if (!step) return;
    const input = event.target.parentElement.querySelector("[data-value]");
    input.value = String(Math.min(999999, Math.max(0, pieces(input) + step)));
    sum();
  });
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button:not([type])")) button.disabled = true;
  });
}
