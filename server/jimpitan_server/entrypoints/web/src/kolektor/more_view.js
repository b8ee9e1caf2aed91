// Everything that is not the route: who is logged in, room on the phone, language, other pages.
import { h } from "./dom.js";
import { language, t } from "./words.js";

export async function moreView(app) {
  const isKept = await navigator.storage?.persisted?.().catch(() => false);
  return [
    h("h1", {}, t("Lainnya")),
    h("section", { class: "card" },
      h("h2", {}, app.day ? app.day.collector.login_name : t("Belum masuk")),
      h("p", { class: "more" }, isKept
        ? t("Penyimpanan di HP ini dilindungi: peramban tidak menghapusnya sendiri.")
        : t("Peramban boleh menghapus simpanan bila HP penuh. Kirim pekerjaan secepatnya.")),
      app.install && h("button", { type: "button", onclick: () => app.install.prompt() }, t("Pasang di layar utama"))),
    h("ul", { class: "plain list" },
      page("/kolektor?saya=1", t("Hitungan saya")),
      page("/serah", t("Serah terima uang")),
      page("/pin", t("PIN saya")),
      page(`/kolektor?bahasa=${language === "id" ? "en" : "id"}`, language === "id" ? "English" : "Bahasa Indonesia"),
      page("/keluar", t("Keluar"))),
  ];
}

const page = (href, words) => h("li", {}, h("a", { class: "card stop", href }, h("strong", {}, words)));
