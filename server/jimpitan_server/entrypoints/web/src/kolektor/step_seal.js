// Step 5: the new seal, the bag, perhaps a photo; then everything is kept.
import { h, icon } from "./dom.js";
import { TEXT } from "./step_visit.js";
import { t } from "./words.js";

export async function sealStep({ app, draft, keep, next }) {
  const field = (name, key, words) => [h("label", { for: name }, words,
    h("input", { id: name, name, value: draft[key], ...TEXT, oninput: (event) => keep({ [key]: event.target.value }) }))];
  const save = h("button", { class: "main", type: "button", onclick: async () => {
    save.disabled = true;
    await next();
    save.disabled = false;
  } }, icon("done"), t("Simpan penarikan"));
  return [
    h("h1", {}, t("5. Segel dan kantong")),
    h("section", { class: "card" },
      field("segel", "seal", t("Nomor segel baru")),
      field("kantong", "bag", t("Nomor kantong uang"))),
    h("section", { class: "card" }, h("h2", {}, t("Foto (boleh dilewati)")),
      h("p", { class: "more" }, t("Misalnya segel yang terpasang. Foto dikecilkan; tempat dan waktu dari kamera dibuang.")),
      photo(app, draft, keep)),
    h("p", { class: "dock" }, save),
  ];
}

function photo(app, draft, keep) {
  const taken = h("input", { id: "foto", type: "file", accept: "image/*", capture: "environment", hidden: true,
    onchange: async () => {
      try {
        const { smallPhoto } = await import("./photo.js");
        await keep({ photo: await smallPhoto(taken.files[0]) });
      } catch (error) {
        app.say(error instanceof DOMException ? t("Berkas itu bukan foto yang dapat dibaca.") : error, "act");
      }
      await app.draw();
    } });
  const canvas = h("canvas", { class: "photo", hidden: !draft.photo, role: "img", "aria-label": t("Foto penarikan ini") });
  if (draft.photo) import("./photo.js").then(({ show }) => show(draft.photo, canvas)).catch(() => {});
  return [canvas, taken, h("span", { class: "chips" },
    h("button", { class: "quiet", type: "button", onclick: () => taken.click() }, icon("camera"), draft.photo ? t("Ganti foto") : t("Ambil foto")),
    draft.photo && h("button", { class: "quiet", type: "button", onclick: async () => {
      await keep({ photo: null });
      await app.draw();
    } }, t("Buang foto")))];
}
