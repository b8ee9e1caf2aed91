// The day as the server told it last, and whether the server still knows this phone.
import { get, put } from "./store.js";

const TIMEOUT_MS = 20_000;

export async function asked(path, options = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), options.timeout_ms ?? TIMEOUT_MS);
  try {
    return await fetch(path, { ...options, signal: stop.signal });
  } finally {
    clearTimeout(timer);
  }
}

// Answers { day, state }: state is fresh, offline, ended (log in again) or revoked.
export async function takeDay() {
  const before = await get("kept", "day");
  let answer;
  try {
    answer = await asked("/api/v1/collector/day", { headers: { Accept: "application/json" } });
  } catch {
    return { day: before, state: "offline" };
  }
  if (answer.status === 401 || answer.status === 403) {
    const told = await answer.json().catch(() => ({}));
    return { day: before, state: told.error === "phone_revoked" ? "revoked" : "ended" };
  }
  if (!answer.ok) return { day: before, state: "offline" };
  const day = await answer.json();
  await put("kept", day, "day");
  return { day, state: "fresh" };
}
