// Step 1: begin the visit, so that the box knows; and which seal is on it before it is opened.
import { h, icon } from "./dom.js";
import { asked } from "./day.js";
import { enqueue, newItem } from "./outbox.js";
import { put } from "./store.js";
import { t, timeShown } from "./words.js";

const TIMEOUT_MS = 8_000;
export const TEXT = { maxlength: 64, autocomplete: "off", autocapitalize: "characters", spellcheck: "false", pattern: "[ -~]*" };

export async function visitStep({ app, box, draft, keep, next }) {
  const found = h("input", { id: "segel-lama", name: "segel-lama", value: draft.seal_found, ...TEXT,
    oninput: (event) => keep({ seal_found: event.target.value }) });
  const none = h("input", { type: "checkbox", name: "tanpa-segel", checked: draft.no_seal,
    onchange: (event) => keep({ no_seal: event.target.checked }) });
  const fault = h("p", { class: "fault", role: "alert", hidden: true }, t("Ketik nomor segel yang ditemukan di kotak, atau centang bila tidak ada."));
  return [
    h("h1", {}, t("1. Kunjungan")),
    box.tier === "can"
      ? h("p", { class: "card calm" }, icon("box"), t("Kaleng biasa tanpa sensor: tidak ada yang perlu dibuka dari HP."))
      : visit(app, box, draft, keep),
    h("section", { class: "card" }, h("h2", {}, t("Segel di kotak, sebelum dibuka")),
      h("label", { for: "segel-lama" }, t("Nomor segel yang ditemukan di kotak"), found),
      h("label", { class: "tick" }, none, t("Tidak ada segel di kotak")), fault),
    h("p", { class: "dock" }, h("button", { class: "main", type: "button", onclick: () => {
      fault.hidden = !box.is_sealed || draft.no_seal || Boolean(draft.seal_found.trim());
      if (fault.hidden) next();
      else found.focus();
    } }, t("Lanjut ke stiker"))),
  ];
}

function visit(app, box, draft, keep) {
  const { visit: begun } = draft;
  if (begun?.is_offline) {
    return h("section", { class: "card calm act" }, icon("warn"),
      h("span", {}, t("Kunjungan dicatat tanpa jaringan. Kotak tidak dapat diberi tahu, jadi kotak akan melaporkan tutup dibuka tanpa kunjungan. Catatan ini dikirim nanti sebagai keterangan Anda. Anda boleh melanjutkan.")));
  }
  if (begun && Date.parse(begun.expires_at) > Date.now()) {
    return h("section", { class: "card calm good" }, icon("done"),
      h("span", {}, t("Kotak sudah diberi tahu. Tunggu lampunya menyala, lalu buka sebelum %(time)s.", { time: timeShown(begun.expires_at, app.day.timezone) })));
  }
  const button = h("button", { class: "main", type: "button" }, t("Beri tahu kotak"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await beginVisit(app, box, draft, keep);
    } catch (error) {
      app.say(error, "act");
    }
    await app.draw();
  });
  return h("section", { class: "card" },
    h("p", {}, begun ? t("Waktu 10 menit sudah habis. Beri tahu kotak sekali lagi bila belum dibuka.")
      : t("Kotak menjawab dengan lampu dan boleh dibuka selama 10 menit.")), button);
}

// Asks the server now, because a box that hears of it later is of no use. The same id goes to the
// outbox when nobody answers: what was in doubt is kept once.
async function beginVisit(app, box, draft, keep) {
  const key = crypto.randomUUID();
  const now = new Date().toISOString();
  const item = newItem("visit", draft.owner, { key, box: box.box, order: 0,
    body: { box: box.box, begun_at: now, is_offline: false } });
  let answer = null;
  try {
    answer = await asked(`/api/v1/visits/${key}`, { method: "PUT", timeout_ms: TIMEOUT_MS,
      headers: { "Content-Type": "application/json", "X-CSRF-Token": app.day.csrf_token },
      body: JSON.stringify(item.body) });
  } catch {
    answer = null;
  }
  if (answer?.ok) {
    const told = await answer.json();
    await put("outbox", { ...item, state: "done", answer: told, done_at: now });
    await keep({ lid_at: now, visit: { id: key, is_offline: false, expires_at: told.expires_at } });
    return;
  }
  if (answer && answer.status < 500 && answer.status !== 429 && answer.status !== 401 && answer.status !== 403) {
    app.say(t("Server tidak mengenal kotak ini. Periksa kodenya."), "act");
    return;
  }
  await keep({ lid_at: now, visit: { id: key, is_offline: true } });
  await enqueue([{ ...item, body: { ...item.body, is_offline: true } }]);
}
