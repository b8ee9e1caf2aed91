// The page's side of the outbox: puts work in, lets it go when there is a network, tells all tabs.
import { BELL, ring, send } from "./send.js";
import { all, get, kept, put, write } from "./store.js";

export const ITEMS_MAX = 500;
let page = null;
let timer = 0;

export function newItem(kind, owner, parts) {
  const { key } = parts;
  return {
    id: `${kind}:${key}`, kind, owner, order: 0, state: "waiting", tries: 0, next_at: 0,
    made_at: new Date().toISOString(), ...parts,
  };
}

// Writes work down and begins to send it; what is there already under its id is left alone.
export async function enqueue(items) {
  await kept(async (db) => {
    const tx = write(db, "outbox");
    for (const item of items) if (!(await tx.store.get(item.id))) await tx.store.put(item);
    await tx.done;
  });
  changed();
}

// Puts work in the place of what was refused under the same id.
export async function replaceItem(item) {
  await put("outbox", item);
  changed();
}

// Turns a count that is under way into work to send, at once or not at all. In two tabs the
// second finds no draft any more, and nothing is written twice.
export async function close({ id, collection_id }, items) {
  const isWritten = await kept(async (db) => {
    const tx = write(db, ["drafts", "outbox"]);
    const draft = await tx.objectStore("drafts").get(id);
    const isMine = draft?.collection_id === collection_id;
    if (isMine) {
      for (const item of items) await tx.objectStore("outbox").put(item);
      await tx.objectStore("drafts").delete(id);
    }
    await tx.done;
    return isMine;
  });
  changed();
  return isWritten;
}

export async function outboxSum() {
  const mine = (await all("outbox")).filter((item) => item.owner === page?.day?.collector.user_id);
  const of = (state) => mine.filter((item) => item.state === state).length;
  return { waiting: of("waiting"), refused: of("refused") };
}

export async function again(id) {
  const item = await get("outbox", id);
  if (item) await put("outbox", { ...item, state: "waiting", next_at: 0 });
  await flush({ isForced: true });
}

export async function flush(options) {
  const outcome = await send(options).catch((error) => (page?.say(error, "act"), "unreachable"));
  if (outcome === "ended" && page?.state === "fresh") await page.refresh();
  if (outcome === "unreachable") await askWorker();
  await page?.update();
  await setTimer();
  return outcome;
}

function changed() {
  ring();
  page?.update();
  flush();
}

// Where the browser can, the worker sends also when this page is closed.
async function askWorker() {
  try {
    const worker = await navigator.serviceWorker?.ready;
    await worker?.sync?.register("outbox");
  } catch {
    // The page itself tries again.
  }
}

async function setTimer() {
  clearTimeout(timer);
  const next = (await all("outbox")).filter((item) => item.state === "waiting").map((item) => item.next_at);
  if (next.length) timer = setTimeout(flush, Math.max(1_000, Math.min(...next) - Date.now()));
}

export async function begin(app) {
  page = app;
  new BroadcastChannel(BELL).addEventListener("message", () => app.update());
  addEventListener("online", () => flush({ isForced: true }));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && flush());
  flush();
}
