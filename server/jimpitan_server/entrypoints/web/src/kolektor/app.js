// The collector's page: works without a network from the second visit on, one view at a time.
import { boxView } from "./box_view.js";
import { takeDay } from "./day.js";
import { h, icon } from "./dom.js";
import { moreView } from "./more_view.js";
import { begin as beginOutbox, outboxSum } from "./outbox.js";
import { outboxView } from "./outbox_view.js";
import { routeView } from "./route_view.js";
import { get, NoRoom, put } from "./store.js";
import { t } from "./words.js";

const main = document.getElementById("app");
const notice = document.getElementById("notice");
const app = { day: null, state: "offline", draw, update, go, say, refresh, install: null };
let wanted = 0;

const STEP = /^#\/kotak\/([a-z0-9-]+)\/([a-z]+)$/;
const VIEWS = [
  [/^#\/kotak\/([a-z0-9-]+)$/, boxView],
  [STEP, async (...all) => (await import("./collect.js")).collectView(...all)],
  [/^#\/terima\/([0-9a-f-]+)$/, async (...all) => (await import("./receipt.js")).receiptView(...all)],
  [/^#\/impor$/, async (...all) => (await import("./import_view.js")).importView(...all)],
  [/^#\/kirim$/, outboxView],
  [/^#\/lainnya$/, moreView],
];

function go(hash, { replace = false } = {}) {
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  return draw({ focus: true });
}

// A view that was asked for later wins, however long an earlier one takes. A view may answer
// another place instead.
async function draw({ focus = false } = {}) {
  const turn = (wanted += 1);
  const found = VIEWS.find(([pattern]) => pattern.test(location.hash));
  const [pattern, view] = found ?? [/^/, routeView];
  const parts = location.hash.match(pattern)?.slice(1) ?? [];
  let shown;
  try {
    shown = await view(app, ...parts);
  } catch (error) {
    shown = [h("h1", {}, t("Ada yang salah")), h("p", {}, explain(error))];
  }
  if (turn !== wanted || !shown) return;
  if (typeof shown === "string") {
    await go(shown, { replace: true });
    return;
  }
  main.replaceChildren(...[shown].flat(3).filter(Boolean));
  const heading = main.querySelector("h1");
  document.title = heading ? `${heading.textContent} – ${document.body.dataset.programme}` : document.title;
  await marks();
  if (focus && heading) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

// Something changed behind the page: never takes away what somebody is typing.
async function update() {
  const isTyping = main.contains(document.activeElement) && document.activeElement.matches("input, textarea");
  if (isTyping || STEP.test(location.hash)) await marks();
  else await draw();
}

async function marks() {
  const { waiting, refused } = await outboxSum();
  for (const link of document.querySelectorAll("[data-nav]")) {
    const here = location.hash === "" || location.hash === "#/" ? "#/" : location.hash;
    if (link.getAttribute("href") === here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const badge = document.getElementById("unsent");
  badge.textContent = waiting + refused || "";
  badge.hidden = !(waiting + refused);
  badge.dataset.tone = refused ? "act" : "watch";
  const line = document.getElementById("line");
  line.hidden = app.state === "fresh";
  line.replaceChildren(...standing());
}

function standing() {
  if (app.state === "offline") {
    return [icon("wait"), h("span", {}, t("Tanpa jaringan. Anda tetap dapat bekerja; semua tersimpan di HP."))];
  }
  if (app.state === "revoked") {
    return [icon("lock"), h("span", {}, t("HP ini sudah dicabut oleh admin. Pekerjaan yang belum terkirim tetap disimpan sampai orang yang sama masuk lagi.")), login()];
  }
  if (app.state === "ended") {
    return [icon("lock"), h("span", {}, t("Anda perlu masuk lagi. Pekerjaan yang belum terkirim tetap disimpan di HP.")), login()];
  }
  return [];
}

const login = () => h("a", { class: "button", href: "/masuk?next=/kolektor" }, t("Masuk"));

function explain(error) {
  if (error instanceof NoRoom) {
    return t("Penyimpanan HP penuh. Hapus foto atau aplikasi lain, lalu coba lagi. Yang sudah tersimpan tidak hilang.");
  }
  return t("Muat ulang halaman ini. Yang sudah tersimpan tidak hilang.");
}

// One sentence at the top of the screen, read out by screen readers.
function say(sentence, tone = "good") {
  notice.className = `notice ${tone}`;
  notice.replaceChildren(h("span", {}, sentence instanceof Error ? explain(sentence) : sentence));
  notice.hidden = !sentence;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (notice.hidden = true), tone === "good" ? 5_000 : 15_000);
}

async function refresh() {
  const told = await takeDay().catch((error) => (say(error, "act"), { day: app.day, state: "offline" }));
  const isFirst = !app.day;
  Object.assign(app, told);
  await (isFirst ? draw() : update());
}

async function start() {
  addEventListener("popstate", () => draw({ focus: true }));
  addEventListener("online", refresh);
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    app.install = event;
  });
  const isCarried = carried();
  if (!isCarried) app.day = await get("kept", "day").catch((error) => (say(error, "act"), null));
  if (app.day) await draw();
  if (isCarried) await put("kept", app.day, "day").catch((error) => say(error, "act"));
  navigator.serviceWorker?.register("/kolektor/sw.js", { scope: "/kolektor" }).catch(() => {});
  await beginOutbox(app);
  if (!isCarried) await refresh();
  await takeScannerAlong();
}

// The page that the server made just now carries the day: no second question on a slow network.
function carried() {
  const told = document.getElementById("day");
  if (told) Object.assign(app, { day: JSON.parse(told.textContent), state: "fresh" });
  return Boolean(told);
}

// Where the browser reads no codes itself, the library that does is fetched before it is needed:
// through the worker, which keeps what passes it.
async function takeScannerAlong() {
  const worker = navigator.serviceWorker;
  if (app.state !== "fresh" || globalThis.BarcodeDetector || navigator.connection?.saveData) return;
  if (worker && !worker.controller) {
    await new Promise((go) => worker.addEventListener("controllerchange", go, { once: true }));
  }
  await import("./scan.js").then(({ reader }) => reader()).catch(() => {});
}

start();
