// Work that is not sent: how old it is, how it stands, and what to do about what was refused.
import { h, icon } from "./dom.js";
import { again, flush } from "./outbox.js";
import { all } from "./store.js";
import { ageShown, t } from "./words.js";

const SENT_SHOWN = 20;

export async function outboxView(app) {
  const owner = app.day?.collector.user_id;
  const items = (await all("outbox")).sort((a, b) => a.made_at.localeCompare(b.made_at));
  const mine = items.filter((item) => item.owner === owner);
  const of = (state) => mine.filter((item) => item.state === state);
  const others = items.filter((item) => item.owner !== owner && item.state !== "done").length;
  const sent = of("done").reverse().slice(0, SENT_SHOWN);
  const waiting = of("waiting");
  const refused = of("refused");
  return [
    h("h1", {}, t("Kiriman")),
    !waiting.length && !refused.length && h("p", { class: "card calm" }, icon("done"), t("Semua sudah terkirim.")),
    refused.length > 0 && section(t("Perlu Anda urus"), refused, (item) => refusal(item)),
    waiting.length > 0 && section(t("Menunggu dikirim"), waiting, (item) => item.tries > 0
      && h("small", {}, t("Sudah dicoba %(n)s kali; dicoba lagi sendiri.", { n: item.tries }))),
    waiting.length > 0 && h("button", { class: "main", type: "button", onclick: async () => {
      const outcome = await flush({ isForced: true });
      if (outcome === "unreachable") app.say(t("Server belum terjangkau. Semua tetap tersimpan di HP."), "watch");
    } }, t("Kirim sekarang")),
    others > 0 && h("p", { class: "card calm" }, icon("lock"), t("%(n)s kiriman milik orang lain tersimpan di HP ini. Terkirim bila orang itu masuk lagi.", { n: others })),
    h("p", {}, h("a", { class: "button quiet", href: "#/impor" }, t("Kirim berkas catatan kotak"))),
    sent.length > 0 && section(t("Sudah terkirim"), sent),
  ];
}

function section(title, items, more) {
  return h("section", {}, h("h2", {}, title, " ", h("small", {}, items.length)),
    h("ul", { class: "plain list" }, items.map((item) => h("li", { class: `card item ${item.state}` },
      icon({ done: "done", refused: "warn", waiting: "wait" }[item.state]),
      h("span", { class: "name" }, h("strong", {}, kindShown(item)), h("small", {}, `${item.box ?? ""} · ${ageShown(item.made_at)}`), more?.(item)),
      item.kind === "count" && h("a", { class: "button quiet", href: `#/terima/${item.key}` }, t("Lihat"))))));
}

export function kindShown(item) {
  return {
    visit: t("Kunjungan"), scan: t("Pindaian stiker"), count: t("Hitungan"),
    witness: t("PIN saksi"), photo: t("Foto"), records: t("Catatan kotak"),
  }[item.kind];
}

// The server's sentence as it came, and in plain words what to do.
function refusal(item) {
  const isPin = item.code.startsWith("witness_");
  return [
    h("span", { class: "fault" }, adviceOn(item.code)),
    item.said && h("small", {}, t("Jawaban server: %(said)s", { said: item.said })),
    h("span", { class: "chips" },
      isPin
        ? h("a", { class: "button", href: `#/terima/${item.key}` }, t("Ketik PIN lagi"))
        : h("button", { type: "button", onclick: () => again(item.id) }, t("Coba lagi"))),
  ];
}

function adviceOn(code) {
  const words = {
    witness_pin_wrong: t("PIN itu bukan PIN saksi. Hitungan sudah tersimpan; minta saksi mengetik PIN sekali lagi."),
    witness_locked: t("PIN saksi dikunci 15 menit karena terlalu sering salah. Hitungan sudah tersimpan."),
    witness_unknown: t("Saksi dengan nama itu tidak dikenal atau belum punya PIN. Hitungan sudah tersimpan."),
    witness_own: t("Penghitung tidak boleh menjadi saksi. Minta orang lain mengetik PIN-nya."),
    witness_late: t("Sudah lebih dari 24 jam; PIN saksi tidak diterima lagi. Hitungan tetap tersimpan, beri tahu bendahara."),
    box_unknown: t("Server tidak mengenal kotak ini. Periksa kodenya dan beri tahu admin; jangan hitung ulang."),
    collection_differs: t("Hitungan lain sudah ada dengan nomor ini. Tunjukkan layar ini kepada bendahara."),
    collection_void: t("Hitungan yang sama pernah dibatalkan. Tunjukkan layar ini kepada bendahara."),
    not_allowed: t("Peran Anda tidak boleh mengirim ini. Tunjukkan layar ini kepada admin."),
    too_large: t("Kiriman ini terlalu besar untuk server. Tunjukkan layar ini kepada admin."),
    pin_key_changed: t("Kunci server sudah diganti. Minta saksi mengetik PIN sekali lagi."),
  };
  return words[code] ?? t("Server tidak menerima ini. Tidak ada yang hilang; tunjukkan layar ini kepada bendahara.");
}
