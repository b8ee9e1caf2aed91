// The route of the day: what is due first, then the rest; a box is found by scan or by its code.
import { h, icon } from "./dom.js";
import { all } from "./store.js";
import { ageShown, dayShown, t } from "./words.js";

export async function routeView(app) {
  const { day } = app;
  if (!day) return empty(app);
  const drafts = new Set((await all("drafts")).filter(({ owner }) => owner === day.collector.user_id).map(({ box }) => box));
  const due = day.boxes.filter((box) => box.due_on);
  const rest = day.boxes.filter((box) => !box.due_on);
  return [
    h("h1", {}, t("Rute hari ini")),
    h("p", { class: "lead" }, `${dayShown(day.today)} · ${t("diperbarui %(age)s", { age: ageShown(day.made_at) })}`),
    finder(app),
    due.length
      ? section(t("Jatuh tempo"), due, drafts)
      : h("p", { class: "card calm" }, icon("done"), t("Tidak ada kotak yang jatuh tempo hari ini.")),
    rest.length > 0 && section(t("Kotak lain"), rest, drafts),
    day.left_out > 0 && h("p", { class: "more" }, t("%(n)s kotak lain tidak dimuat; ketik kodenya bila perlu.", { n: day.left_out })),
  ];
}

function empty(app) {
  const isWaiting = app.state === "fresh" || app.state === "offline";
  return [
    h("h1", {}, t("Rute hari ini")),
    h("p", { class: "card calm" }, icon("wait"), isWaiting
      ? t("Belum ada rute di HP ini. Hubungkan ke internet sekali, lalu halaman ini bekerja tanpa jaringan.")
      : t("Masuk dahulu untuk memuat rute Anda.")),
  ];
}

function finder(app) {
  const input = h("input", {
    id: "kode", name: "kode", maxlength: 64, autocomplete: "off", autocapitalize: "off",
    spellcheck: "false", placeholder: "box-0001", enterkeyhint: "go",
  });
  const find = (text) => {
    const box = boxOf(app.day, text);
    if (box) app.go(`#/kotak/${box}`);
    else app.say(t("Kode itu bukan kode kotak. Lihat kode di stiker, misalnya box-0001."), "act");
  };
  return h("section", { class: "finder", "aria-label": t("Cari kotak") },
    h("button", { class: "main", type: "button", onclick: async () => {
      const text = await scanned(app, t("Arahkan kamera ke kode kotak"));
      if (text) find(text);
    } }, icon("scan"), t("Pindai kode kotak")),
    h("form", { class: "row", onsubmit: (event) => {
      event.preventDefault();
      find(input.value);
    } }, h("label", { for: "kode" }, t("atau ketik kodenya"), input), h("button", {}, t("Buka"))),
  );
}

export async function scanned(app, title) {
  try {
    return await (await import("./scan.js")).scan(title);
  } catch (error) {
    app.say(error.message, "act");
    return null;
  }
}

// A sticker may carry the code of the box, an address that ends with it, or a QRIS code of its own.
export function boxOf(day, text) {
  const wanted = text.trim();
  const owners = (day?.boxes ?? []).filter((box) => box.codes.includes(wanted));
  if (owners.length === 1) return owners[0].box;
  const last = wanted.toLowerCase().split(/[?#]/)[0].split("/").pop();
  return /^[a-z0-9-]{1,32}$/.test(last) ? last : null;
}

function section(title, boxes, drafts) {
  return h("section", {},
    h("h2", {}, title, " ", h("small", {}, boxes.length)),
    h("ul", { class: "plain list" }, boxes.map((box) => h("li", {}, card(box, drafts.has(box.box))))),
  );
}

function card(box, isBegun) {
  return h("a", { class: "card stop", href: `#/kotak/${box.box}` },
    h("span", { class: "name" }, h("strong", {}, box.box), h("span", {}, box.site || box.host)),
    h("span", { class: "chips" },
      isBegun && h("span", { class: "state watch" }, t("sedang dihitung")),
      box.due_on && h("span", { class: `state ${box.late_days ? "act" : "watch"}` }, late(box)),
      box.fill_words && h("span", { class: `fill ${box.fill}` }, box.fill_words),
      box.state !== "good" && h("span", { class: `state ${box.state}` }, box.state_words),
    ),
  );
}

export function late(box) {
  return box.late_days ? t("terlambat %(n)s hari", { n: box.late_days }) : t("hari ini");
}
