// A file of records that was pulled from a box without network: kept on the phone, then sent as
// everything else. What is in it proves itself; the server knows what it has already.
import { h, icon } from "./dom.js";
import { enqueue, newItem } from "./outbox.js";
import { all } from "./store.js";
import { ageShown, t } from "./words.js";

const BYTES_MAX = 16 * 1024 * 1024;
// The file begins with the CBOR array ["jimpitan-pull", 1, box id] (decision 0014).
const MARK = [0x83, 0x6d, ..."jimpitan-pull"].map((one) => (typeof one === "string" ? one.charCodeAt(0) : one));

export async function importView(app) {
  const owner = app.day?.collector.user_id;
  const mine = (await all("outbox")).filter((item) => item.kind === "records" && item.owner === owner);
  const input = h("input", { id: "berkas", type: "file", hidden: true, onchange: () => take(app, owner, input) });
  return [
    h("a", { class: "back", href: "#/kirim" }, icon("back"), t("Kiriman")),
    h("h1", {}, t("Catatan kotak tanpa jaringan")),
    h("p", { class: "lead" }, t("Pilih berkas yang dibaca petugas dari kotak lewat kabel. Berkas disimpan di HP dan dikirim begitu ada jaringan; berkas yang sama dua kali tidak mengubah apa pun.")),
    input,
    h("p", {}, h("button", { class: "main", type: "button", disabled: !owner, onclick: () => input.click() }, icon("outbox"), t("Pilih berkas"))),
    mine.length > 0 && h("ul", { class: "plain list" }, mine.reverse().map(row)),
  ];
}

async function take(app, owner, input) {
  const [file] = input.files;
  if (!file) return;
  const head = new Uint8Array(await file.slice(0, MARK.length).arrayBuffer());
  if (file.size > BYTES_MAX || !MARK.every((byte, place) => head[place] === byte)) {
    app.say(t("Ini bukan berkas catatan kotak. Tidak ada yang disimpan."), "act");
    return;
  }
  // The same content gets the same id: chosen twice it is kept once.
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  const key = [...digest.slice(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const kept = new Blob([file], { type: "application/octet-stream" });
  try {
    await enqueue([newItem("records", owner, { key, box: file.name.slice(0, 60), file: kept })]);
  } catch (error) {
    app.say(error, "act");
  }
  await app.draw();
}

function row(item) {
  const { answer } = item;
  return h("li", { class: `card item ${item.state}` },
    icon({ done: "done", refused: "warn", waiting: "wait" }[item.state]),
    h("span", { class: "name" }, h("strong", {}, answer?.box ?? item.box), h("small", {}, ageShown(item.made_at)),
      answer
        ? h("span", {}, t("%(stored)s catatan baru, %(known)s sudah dikenal, %(refused)s ditolak", { stored: answer.stored, known: answer.duplicate, refused: answer.refused }))
        : h("span", {}, item.state === "refused" ? t("Server tidak menerima ini. Lihat Kiriman.") : t("Menunggu dikirim"))),
    answer?.answer && h("a", { class: "button quiet", download: `${answer.box}.answer`, href: `data:application/octet-stream;base64,${answer.answer}` }, t("Jawaban untuk kotak")));
}
