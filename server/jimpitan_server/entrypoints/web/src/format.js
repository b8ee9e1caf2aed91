// Money and numbers as the server writes them; held to tests/contract/rupiah-vectors.json.
export function number(value) {
  return Math.trunc(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ".");
}

export function rupiah(amount) {
  const sign = amount < 0 ? "\u2212" : "";
  return `${sign}Rp\u00a0${number(Math.abs(amount))}`;
}

const ZONES = { "Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT" };

export function clockTime(text, zone) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    day: "2-digit",
    month: "2-digit",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(new Date(text));
  const of = (type) => parts.find((part) => part.type === type).value;
  const day = `${of("day")}/${of("month")}/${of("year")}`;
  return `${day} ${of("hour")}.${of("minute")} ${ZONES[zone] ?? zone}`;
}

/** Return a day (ISO 8601) as people write it: 20/11/2026. */
export function dayShown(text) {
  return text.split("-").reverse().join("/");
}
