// Step 2: is the QRIS sticker still ours? The phone compares letter by letter; the server judges.
import { h, icon } from "./dom.js";
import { enqueue, newItem } from "./outbox.js";
import { scanned } from "./route_view.js";
import { t } from "./words.js";

export async function stickerStep({ app, box, draft, keep, next }) {
  const text = h("textarea", { id: "isi", name: "isi", rows: 3, maxlength: 2000, autocomplete: "off", spellcheck: "false" });
  const judge = async (read) => {
    const key = crypto.randomUUID();
    const scanned_at = new Date().toISOString();
    try {
      await enqueue([newItem("scan", draft.owner, { key, box: box.box, order: 0,
        body: { scan_id: key, payload: read, scanned_at } })]);
      await keep({ scan: { text: read, at: scanned_at } });
    } catch (error) {
      app.say(error, "act");
    }
    await app.draw();
  };
  return [
    h("h1", {}, t("2. Stiker QRIS")),
    h("p", { class: "lead" }, t("Pastikan uang donatur tetap masuk ke rekening kita.")),
    draft.scan && verdict(box, draft.scan.text),
    h("section", { class: "card" },
      h("button", { class: `main${draft.scan ? " quiet" : ""}`, type: "button", onclick: async () => {
        const read = await scanned(app, t("Arahkan kamera ke stiker QRIS"));
        if (read) await judge(read.trim());
      } }, icon("scan"), draft.scan ? t("Pindai sekali lagi") : t("Pindai stiker")),
      h("details", {}, h("summary", {}, t("Kamera tidak bisa? Ketik atau tempel isinya")),
        h("label", { for: "isi" }, t("Teks kode QRIS"), text),
        h("button", { type: "button", onclick: () => judge(text.value.trim()) }, t("Periksa"))),
      h("button", { class: "quiet", type: "button", onclick: () => judge("") }, t("Stiker hilang atau rusak"))),
    h("p", { class: "dock" }, h("button", { class: "main", type: "button", onclick: next },
      draft.scan ? t("Lanjut ke hitungan") : t("Lewati, langsung hitung"))),
  ];
}

export function verdict(box, text) {
  if (box.codes.includes(text)) {
    return h("p", { class: "card calm good", role: "status" }, icon("done"), t("Stiker sama persis dengan yang terdaftar."));
  }
  if (!text) {
    return h("p", { class: "card calm act", role: "status" }, icon("warn"), t("Dicatat: stiker tidak terbaca. Tutup lubang pindai dan beri tahu admin agar stiker diganti."));
  }
  if (!box.codes.length) {
    return h("p", { class: "card calm", role: "status" }, icon("wait"), t("HP ini tidak tahu kode kotak ini. Server memeriksanya saat terkirim."));
  }
  const name = merchant(text);
  return h("p", { class: "card calm act", role: "alert" }, icon("warn"), h("span", {}, name
    ? t("BUKAN kode yang terdaftar: uangnya masuk ke %(name)s. Tutup stiker itu dan telepon admin sekarang.", { name })
    : t("BUKAN kode yang terdaftar. Tutup stiker itu dan telepon admin sekarang.")));
}

// The name of the merchant is field 59 of the code (EMVCo, Merchant-Presented QR, table 3.1).
export function merchant(text) {
  for (let at = 0; at + 4 <= text.length; ) {
    const length = Number(text.slice(at + 2, at + 4));
    if (!Number.isInteger(length)) return null;
    if (text.startsWith("59", at)) return text.slice(at + 4, at + 4 + length) || null;
    at += 4 + length;
  }
  return null;
}
