// One box in plain words: how it is, what to do, and the beginning of a collection.
import { h, icon } from "./dom.js";
import { late } from "./route_view.js";
import { draftId, get } from "./store.js";
import { ageShown, t } from "./words.js";

export async function boxView(app, code) {
  const box = app.day?.boxes.find((one) => one.box === code);
  const draft = await get("drafts", draftId(app, code));
  return [
    h("a", { class: "back", href: "#/" }, icon("back"), t("Rute")),
    h("h1", {}, code, box?.due_on && [" ", h("span", { class: `state ${box.late_days ? "act" : "watch"}` }, late(box))]),
    box ? known(box) : h("p", { class: "card calm" }, icon("warn"), t("Kotak ini tidak ada di rute Anda. Periksa kodenya sekali lagi; bila benar, Anda tetap dapat menghitungnya.")),
    h("p", { class: "dock" }, h("a", { class: "button main", href: `#/kotak/${code}/${draft?.step ?? "kunjungan"}` },
      draft ? t("Lanjutkan penarikan") : t("Mulai penarikan"))),
  ];
}

function known(box) {
  const isCan = box.tier === "can";
  const todo = [...box.advice, ...box.alarms.map((alarm) => t("Periksa: %(alarm)s", { alarm }))];
  return [
    (box.site || box.host) && h("p", { class: "lead" }, [box.site, box.host].filter(Boolean).join(" · ")),
    todo.length > 0 && h("section", { class: "card todo" }, h("h2", {}, t("Yang perlu dilakukan")),
      h("ul", { class: "plain" }, todo.map((one) => h("li", {}, icon("warn"), h("span", {}, one))))),
    isCan
      ? h("p", { class: "card calm" }, icon("box"), t("Kaleng biasa tanpa sensor: langsung hitung bersama saksi."))
      : h("section", { class: "card" },
          h("h2", {}, t("Keadaan kotak"), " ", h("span", { class: `state ${box.state}` }, box.state_words)),
          h("dl", { class: "facts" },
            fact(t("Terakhir terlihat"), box.last_seen_at ? ageShown(box.last_seen_at) : t("belum pernah")),
            fact(t("Baterai"), box.battery),
            fact(t("Tutup"), box.lid),
            fact(t("Isi (perkiraan sensor)"), box.fill_words),
            fact(t("Segel"), box.is_sealed ? t("harus ada segel") : t("tidak tercatat"))),
        ),
  ];
}

const fact = (name, value) => [h("dt", {}, name), h("dd", {}, value ?? "–")];
