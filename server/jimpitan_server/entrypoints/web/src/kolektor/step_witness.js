// Step 4: the second person looks at the sum and types a PIN, which leaves this page sealed.
import { rupiah } from "../format.js";
import { total } from "./collect.js";
import { h, icon } from "./dom.js";
import { sealPin } from "./seal_pin.js";
import { t } from "./words.js";

export async function witnessStep({ app, draft, keep, next }) {
  const sum = total(draft);
  const name = h("input", { id: "saksi", name: "saksi", maxlength: 64, autocomplete: "off", autocapitalize: "off",
    pattern: "[ -~]*", list: "saksi-nama", value: draft.witness, required: true,
    oninput: () => keep({ witness: name.value, sealed: null }) });
  const pin = pinField();
  const fault = h("p", { class: "fault", role: "alert", hidden: true });
  const refuse = (words, field) => {
    fault.textContent = words;
    fault.hidden = false;
    field.focus();
  };
  const goOn = async () => {
    const witness = name.value.trim();
    if (!witness) return refuse(t("Isi nama saksi yang ikut menghitung."), name);
    if (/[^ -~]/.test(witness)) return refuse(t("Tulis nama saksi dengan huruf biasa."), name);
    if (pin.value && !/^[0-9]{6}$/.test(pin.value)) return refuse(t("PIN terdiri dari 6 angka."), pin);
    let { sealed } = draft;
    if (pin.value) {
      sealed = await sealPin(app.day.pin_key, { collection_id: draft.collection_id, witness: witness.toLowerCase(), pin: pin.value, total_idr: sum }).catch(() => null);
      if (!sealed) return refuse(t("HP ini tidak dapat menyegel PIN. Lanjutkan tanpa PIN; saksi dapat mengesahkan nanti."), pin);
    }
    pin.value = "";
    await keep({ witness, sealed });
    return next();
  };
  return [
    h("h1", {}, t("4. Saksi")),
    h("section", { class: "card receipt" }, h("p", { class: "known" }, t("Jumlah yang dihitung")), h("p", { class: "value" }, rupiah(sum))),
    h("section", { class: "card" },
      h("p", { class: "lead" }, t("Serahkan HP kepada saksi. Saksi melihat jumlah di atas dan mengetik PIN-nya sendiri.")),
      h("label", { for: "saksi" }, t("Nama saksi"), name),
      h("datalist", { id: "saksi-nama" }, app.day.witnesses.map((one) => h("option", { value: one }))),
      draft.sealed
        ? h("p", { class: "calm good" }, icon("lock"), t("PIN sudah disegel; akan diperiksa saat terkirim."))
        : [h("label", { for: "pin" }, t("PIN saksi (6 angka)"), pin),
          h("p", { class: "more" }, t("PIN tidak disimpan di HP ini. Ia disegel untuk server dan akan diperiksa saat terkirim."))],
      fault),
    h("p", { class: "dock" }, h("button", { class: "main", type: "button", onclick: goOn }, t("Lanjut ke segel"))),
  ];
}

export function pinField() {
  return h("input", { id: "pin", name: "pin", class: "pin", type: "password", inputmode: "numeric", pattern: "[0-9]{6}", maxlength: 6, autocomplete: "off" });
}
