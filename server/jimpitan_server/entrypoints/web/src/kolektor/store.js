// What the phone keeps: the day, counts that are under way, and work that is not sent yet.
// Everything here is written before it is shown as done.
import { openDB } from "idb";

let opened;

export function database() {
  opened ??= openDB("jimpitan-kolektor", 1, {
    upgrade(db) {
      db.createObjectStore("kept"); // "day": the route as it was taken along; "session"
      db.createObjectStore("drafts", { keyPath: "id" }); // of a person at a box
      db.createObjectStore("outbox", { keyPath: "id" });
    },
    blocking() {
      // Another tab brings a newer version: let it, and begin anew when asked again.
      opened?.then((db) => db.close());
      opened = undefined;
    },
    terminated() {
      opened = undefined;
    },
  });
  return opened;
}

// A phone without room says so in more than one way; none of them loses what is on screen.
export class NoRoom extends Error {}

export async function kept(work) {
  try {
    return await work(await database());
  } catch (error) {
    if (error?.name === "QuotaExceededError" || /quota|disk|full/i.test(error?.message ?? "")) {
      throw new NoRoom(error.message);
    }
    throw error;
  }
}

// A phone may lose its power the moment something is shown as done: it is on the disk by then
// (Indexed Database API 3.0, transaction durability).
export const write = (db, stores) => db.transaction(stores, "readwrite", { durability: "strict" });

export const get = (store, key) => kept((db) => db.get(store, key));
export const put = (store, value, key) => kept(async (db) => {
  const tx = write(db, store);
  await tx.store.put(value, key);
  await tx.done;
});
export const all = (store) => kept((db) => db.getAll(store));
export const remove = (store, key) => kept((db) => db.delete(store, key));

// Two people may share a phone: neither goes on with what the other began.
export const draftId = (app, box) => `${app.day?.collector.user_id}/${box}`;
