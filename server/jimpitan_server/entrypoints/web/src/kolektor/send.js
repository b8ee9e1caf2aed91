// Sends what waits, oldest first, one tab or worker at a time. Ids were made on this phone and
// the server keeps each once, so whatever is in doubt is simply sent again.
import { asked } from "./day.js";
import { all, get, kept, put } from "./store.js";

const LOCK = "jimpitan-kirim";
export const BELL = "jimpitan-kolektor";
const WAIT_MS = 5_000;
const WAIT_MS_MAX = 15 * 60_000;
const FILE_TIMEOUT_MS = 120_000;
const DONE_KEPT = 100;

const PATHS = {
  visit: (item) => ["PUT", `/api/v1/visits/${item.key}`],
  scan: (item) => ["POST", `/api/v1/boxes/${item.box}/scans`],
  count: () => ["POST", "/api/v1/collections"],
  witness: (item) => ["POST", `/api/v1/collections/${item.collection_id ?? item.key}/witness`],
  photo: (item) => ["PUT", `/api/v1/collections/${item.key}/photo`],
  records: () => ["POST", "/api/v1/pulled-records"],
};

// Waits longer after each failure, never longer than a quarter of an hour, and not all at once.
export function waitAfter(tries, chance = Math.random()) {
  return Math.min(WAIT_MS_MAX, WAIT_MS * 2 ** Math.min(tries - 1, 12)) * (0.8 + 0.4 * chance);
}

// Answers what became of it: sent, unreachable, ended, busy (another tab sends) or nothing.
export function send({ isForced = false } = {}) {
  const work = () => sendAll(isForced);
  if (!navigator.locks) return work();
  return navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? work() : "busy"));
}

async function sendAll(isForced) {
  const day = await get("kept", "day");
  if (!day) return "ended";
  let outcome = "nothing";
  for (const { id } of (await waiting()).sort(byAge)) {
    const item = await get("outbox", id);
    if (!(await isDue(item, day, isForced))) continue;
    const told = await deliver(item, day);
    if (told === "unreachable" || told === "ended") return told;
    outcome = "sent";
    ring();
  }
  await prune();
  return outcome;
}

const waiting = async () => (await all("outbox")).filter((item) => item.state === "waiting");
const byAge = (a, b) => a.made_at.localeCompare(b.made_at) || a.order - b.order;

async function isDue(item, day, isForced) {
  if (item?.state !== "waiting" || item.owner !== day.collector.user_id) return false;
  if (!isForced && item.next_at > Date.now()) return false;
  const before = item.needs && (await get("outbox", item.needs));
  return !before || before.state === "done";
}

async function deliver(item, day, isAgain = false) {
  const [method, path] = PATHS[item.kind](item);
  const body = item.file ?? JSON.stringify(item.body);
  const headers = {
    "Content-Type": item.file ? item.file.type || "application/octet-stream" : "application/json",
    "X-CSRF-Token": day.csrf_token,
    Accept: "application/json",
  };
  let answer;
  try {
    answer = await asked(path, { method, headers, body, timeout_ms: item.file && FILE_TIMEOUT_MS });
  } catch {
    await later(item);
    return "unreachable";
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return finished(item, told);
  if (answer.status === 401) return "ended";
  if (told.error === "csrf" && !isAgain) {
    const fresh = await freshToken(day);
    return fresh ? deliver(item, fresh, true) : "ended";
  }
  if (answer.status >= 500 || answer.status === 429 || answer.status === 408) {
    await later(item, Number(answer.headers.get("Retry-After")) * 1000);
    return "unreachable";
  }
  return refused(item, told.error ?? String(answer.status), told.message ?? "");
}

async function freshToken(day) {
  const answer = await asked("/api/v1/me").catch(() => null);
  if (!answer?.ok) return null;
  const me = await answer.json();
  if (me.user_id !== day.collector.user_id) return null;
  const fresh = { ...day, csrf_token: me.csrf_token };
  await put("kept", fresh, "day");
  return fresh;
}

async function later(item, wait_ms = 0) {
  const tries = item.tries + 1;
  const next_at = Date.now() + Math.max(wait_ms || 0, waitAfter(tries));
  await put("outbox", { ...item, tries, next_at });
}

async function finished(item, answer) {
  const state = answer.witness_state;
  if (item.kind === "witness" && state !== "confirmed") return refused(item, `witness_${state}`, "");
  const done = { ...item, state: "done", answer, done_at: new Date().toISOString() };
  delete done.file; // what the server holds needs no room here
  await put("outbox", done);
  return "done";
}

async function refused(item, code, said) {
  await put("outbox", { ...item, state: "refused", code, said, tries: item.tries + 1 });
  return "refused";
}

// What was sent stays for a while, so that its receipt can be shown; never what was not.
async function prune() {
  await kept(async (db) => {
    const done = (await db.getAll("outbox")).filter((item) => item.state === "done");
    const old = done.sort((a, b) => b.done_at.localeCompare(a.done_at)).slice(DONE_KEPT);
    await Promise.all(old.map((item) => db.delete("outbox", item.id)));
  });
}

export function ring() {
  const bell = new BroadcastChannel(BELL);
  bell.postMessage("changed");
  bell.close();
}
