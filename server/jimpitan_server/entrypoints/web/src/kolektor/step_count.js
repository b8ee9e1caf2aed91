// Step 3: count what lies there, blind, piece by piece.
import { rupiah } from "../format.js";
import { total } from "./collect.js";
import { h } from "./dom.js";
import { t } from "./words.js";

const PIECES_MAX = 100_000;

export async function countStep({ app, draft, keep, next }) {
  const sum = h("output", { "data-total": true }, rupiah(total(draft)));
  const row = (value) => {
    const input = h("input", { id: `pecahan-${value}`, inputmode: "numeric", pattern: "[0-9]*", maxlength: 6,
      autocomplete: "off", placeholder: "0", value: draft.pieces[value] || "",
      oninput: () => set(Number.parseInt(input.value.replace(/\D/g, ""), 10) || 0) });
    const set = (pieces) => {
      const bounded = Math.min(PIECES_MAX, Math.max(0, pieces));
      input.value = bounded || "";
      // What the second person confirmed was another sum.
      const changed = { pieces: { ...draft.pieces, [value]: bounded }, sealed: null };
      keep(changed).then(() => (sum.textContent = rupiah(total(draft)))); // shown once it is kept
    };
    const step = (by, words) => h("button", { class: "quiet", type: "button", "aria-label": `${words} ${rupiah(value)}`,
      onclick: () => set((draft.pieces[value] ?? 0) + by) }, by > 0 ? "+" : "−");
    return h("div", { class: "pieces" }, h("label", { for: `pecahan-${value}` }, rupiah(value)),
      step(-1, t("kurangi")), input, step(1, t("tambah")));
  };
  return [
    h("h1", {}, t("3. Hitung uangnya")),
    h("p", { class: "lead" }, t("Hitung di depan saksi. Isi berapa lembar atau keping dari tiap pecahan.")),
    h("section", { class: "card" }, app.day.denominations.map(row)),
    h("div", { class: "dock counted" }, h("p", { class: "sum" }, t("Jumlah"), sum),
      h("button", { class: "main", type: "button", onclick: next }, t("Lanjut ke saksi"))),
  ];
}
