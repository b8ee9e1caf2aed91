// The words of the page: Indonesian as written here, another language from the page's catalogue.
const config = document.getElementById("words");
const words = JSON.parse(config?.textContent || "{}");

export const language = document.documentElement.lang || "id";

export function t(sentence, parts = {}) {
  return (words[sentence] ?? sentence).replace(/%\((\w+)\)s/g, (_all, name) => parts[name] ?? "");
}

const at = (text, options, zone) =>
  new Intl.DateTimeFormat(language, { timeZone: zone, ...options }).format(new Date(text));

export const dayShown = (text) =>
  at(text, { weekday: "long", day: "numeric", month: "long" }, "UTC");

export const timeShown = (text, zone) =>
  at(text, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }, zone);

// How old something is, in the words in which people say it.
export function ageShown(text, now = Date.now()) {
  const minutes = Math.max(0, Math.floor((now - Date.parse(text)) / 60_000));
  if (minutes < 1) return t("baru saja");
  if (minutes < 60) return t("%(n)s menit lalu", { n: minutes });
  if (minutes < 48 * 60) return t("%(n)s jam lalu", { n: Math.floor(minutes / 60) });
  return t("%(n)s hari lalu", { n: Math.floor(minutes / 1440) });
}
