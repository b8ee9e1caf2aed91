// A collection in steps, each at a place of its own: the back button, a reload and a dead battery
// lead to where one was. What is typed is written down with every change.
import { close, newItem } from "./outbox.js";
import { h, icon } from "./dom.js";
import { countStep } from "./step_count.js";
import { sealStep } from "./step_seal.js";
import { stickerStep } from "./step_sticker.js";
import { visitStep } from "./step_visit.js";
import { witnessStep } from "./step_witness.js";
import { draftId, get, kept, write } from "./store.js";
import { t } from "./words.js";

const STEPS = {
  kunjungan: visitStep, stiker: stickerStep, hitung: countStep, saksi: witnessStep, segel: sealStep,
};
const NAMES = Object.keys(STEPS);

export async function collectView(app, code, step) {
  const index = NAMES.indexOf(step);
  if (index < 0 || !app.day) return `#/kotak/${code}`;
  const draft = (await get("drafts", draftId(app, code))) ?? (index === 0 ? await newDraft(app, code) : null);
  if (!draft) return `#/kotak/${code}`;
  const box = app.day.boxes.find((one) => one.box === code) ?? { box: code, codes: [], tier: null };
  const shared = { app, box, draft, keep: keeper(app, draft), next: () => next(app, draft, index) };
  return [
    h("a", { class: "back", href: index ? `#/kotak/${code}/${NAMES[index - 1]}` : `#/kotak/${code}` }, icon("back"), code),
    h("ol", { class: "steps-done", "aria-label": t("Langkah %(n)s dari %(all)s", { n: index + 1, all: NAMES.length }) },
      NAMES.map((_name, place) => h("li", { class: place < index && "past", "aria-current": place === index && "step" }))),
    await STEPS[step](shared),
  ];
}

async function newDraft(app, code) {
  const now = new Date().toISOString();
  const draft = {
    id: draftId(app, code), box: code, collection_id: crypto.randomUUID(), owner: app.day.collector.user_id,
    begun_at: now, lid_at: now, step: NAMES[0], pieces: {}, witness: "", seal_found: "", no_seal: false,
    seal: "", bag: "",
  };
  await navigator.storage?.persist?.().catch(() => false);
  return kept(async (db) => {
    const tx = write(db, "drafts");
    const known = await tx.store.get(draft.id); // another tab, or a second touch, was quicker
    if (!known) await tx.store.put(draft);
    await tx.done;
    return known ?? draft;
  });
}

// Writes changes down one after another. A draft that another tab has closed stays closed.
function keeper(app, draft) {
  let last = Promise.resolve(true);
  return (changes) => {
    Object.assign(draft, changes);
    last = last.then(() => writeDraft(draft)).catch((error) => (app.say(error, "act"), false));
    return last;
  };
}

function writeDraft(draft) {
  return kept(async (db) => {
    const tx = write(db, "drafts");
    const known = await tx.store.get(draft.id);
    const isOpen = known?.collection_id === draft.collection_id;
    if (isOpen) await tx.store.put(draft);
    await tx.done;
    return isOpen;
  });
}

async function next(app, draft, index) {
  const step = NAMES[index + 1];
  if (!step) return finish(app, draft);
  if (await keeper(app, draft)({ step })) await app.go(`#/kotak/${draft.box}/${step}`);
  return null;
}

export function total(draft) {
  return Object.entries(draft.pieces).reduce((sum, [value, pieces]) => sum + value * pieces, 0);
}

const word = (text) => text.trim() || undefined;

// Turns the draft into work to send. Only when that is written is it shown as done.
export async function finish(app, draft) {
  const { box, collection_id: key, owner } = draft;
  const cash = Object.fromEntries(Object.entries(draft.pieces).filter(([, pieces]) => pieces > 0));
  const count = newItem("count", owner, { key, box, order: 1, body: {
    collection_id: key, box, lid_at: draft.lid_at, cash, seal: word(draft.seal),
    witness: word(draft.witness), bag: word(draft.bag),
    seal_found: draft.no_seal ? "" : word(draft.seal_found),
  } });
  const items = [count];
  if (draft.sealed) items.push(newItem("witness", owner, { key, box, order: 2, needs: count.id, body: draft.sealed }));
  if (draft.photo) items.push(newItem("photo", owner, { key, box, order: 3, needs: count.id, file: draft.photo }));
  try {
    await close(draft, items);
  } catch (error) {
    app.say(error, "act"); // the draft stands as it was
    return null;
  }
  return app.go(`#/terima/${key}`, { replace: true });
}
