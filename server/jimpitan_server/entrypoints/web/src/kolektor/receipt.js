// The receipt of a count: what was kept, how far it is on its way, and a text to share.
import { rupiah } from "../format.js";
import { h, icon } from "./dom.js";
import { newItem, replaceItem } from "./outbox.js";
import { sealPin } from "./seal_pin.js";
import { pinField } from "./step_witness.js";
import { get } from "./store.js";
import { t, timeShown } from "./words.js";

export async function receiptView(app, key) {
  const count = await get("outbox", `count:${key}`);
  const witness = await get("outbox", `witness:${key}`);
  if (!count || count.owner !== app.day?.collector.user_id) {
    return [h("h1", {}, t("Tanda terima")), h("p", { class: "card calm" }, icon("warn"), t("Hitungan ini tidak ada di HP ini lagi."))];
  }
  const sum = Object.entries(count.body.cash).reduce((all, [value, pieces]) => all + value * pieces, 0);
  return [
    h("h1", {}, t("Tanda terima")),
    standing(count),
    h("section", { class: "card receipt" },
      h("p", { class: "known" }, t("terhitung")),
      h("p", { class: "value" }, rupiah(sum)),
      h("p", { class: "lines" }, lines(app, count).join("\n")),
      h("p", {}, pinStanding(count, witness))),
    h("p", { class: "twin" },
      h("button", { type: "button", onclick: () => share(app, `${t("Tanda terima")} ${rupiah(sum)}\n${lines(app, count).join("\n")}\n${key}`) }, icon("share"), t("Bagikan")),
      count.state === "done" && h("a", { class: "button quiet", href: `/api/v1/collections/${count.answer.collection_id}/receipt`, target: "_blank", rel: "noopener" }, t("Tanda terima PDF"))),
    needsPin(witness) && pinAgain(app, count, witness, sum),
    h("p", { class: "dock" }, h("a", { class: "button main", href: "#/" }, t("Kotak berikutnya"))),
  ];
}

function standing(count) {
  const [tone, name, words] = {
    waiting: ["", "wait", t("Tersimpan di HP. Belum terkirim; dikirim sendiri begitu ada jaringan.")],
    done: ["good", "done", t("Sudah diterima server.")],
    refused: ["act", "warn", t("Server tidak menerima ini. Lihat Kiriman.")],
  }[count.state];
  return h("p", { class: `card calm ${tone}`, role: "status" }, icon(name), words);
}

function lines(app, { body }) {
  const pieces = Object.entries(body.cash).sort(([a], [b]) => b - a);
  return [
    `${body.box} · ${timeShown(body.lid_at, app.day.timezone)}`,
    pieces.map(([value, n]) => `${n} × ${rupiah(Number(value))}`).join(", "),
    `${t("Penghitung")}: ${app.day.collector.login_name}`,
    body.witness && `${t("Saksi")}: ${body.witness}`,
    body.seal && `${t("Segel baru")}: ${body.seal}`,
    body.bag && `${t("Kantong")}: ${body.bag}`,
  ].filter(Boolean);
}

function pinStanding(count, witness) {
  const isConfirmed = witness?.state === "done";
  const words = isConfirmed ? t("disahkan dengan PIN")
    : witness?.state === "waiting" ? t("PIN akan diperiksa saat terkirim") : t("belum disahkan");
  return h("span", { class: `state ${isConfirmed ? "good" : "watch"}` }, words);
}

const needsPin = (witness) => !witness || (witness.state === "refused" && witness.code !== "witness_late");

function pinAgain(app, count, before, total_idr) {
  const pin = pinField();
  const name = h("input", { id: "saksi", maxlength: 64, autocapitalize: "off", autocomplete: "off", value: before?.body.witness ?? count.body.witness });
  return h("form", { class: "card", onsubmit: async (event) => {
    event.preventDefault();
    if (!/^[0-9]{6}$/.test(pin.value)) return app.say(t("PIN terdiri dari 6 angka."), "act");
    const { key, box, owner } = count;
    const witness = name.value.trim().toLowerCase();
    // The server may hold the same count under an earlier id: that one is confirmed.
    const collection_id = count.answer?.collection_id ?? key;
    try {
      const body = await sealPin(app.day.pin_key, { collection_id, witness, pin: pin.value, total_idr });
      await replaceItem(newItem("witness", owner, { key, box, order: 2, needs: count.id, collection_id, body }));
    } catch (error) {
      app.say(error, "act");
    }
    pin.value = "";
    return app.draw();
  } },
  h("h2", {}, before ? t("Saksi mengetik PIN sekali lagi") : t("Sahkan dengan PIN saksi")),
  h("label", { for: "saksi" }, t("Nama saksi"), name),
  h("label", { for: "pin" }, t("PIN saksi (6 angka)"), pin),
  h("button", {}, t("Sahkan hitungan")));
}

async function share(app, text) {
  try {
    if (navigator.share) await navigator.share({ text });
    else {
      await navigator.clipboard.writeText(text);
      app.say(t("Teks tanda terima sudah disalin."));
    }
  } catch (error) {
    if (error.name !== "AbortError") app.say(t("Tidak dapat dibagikan dari peramban ini."), "watch");
  }
}
