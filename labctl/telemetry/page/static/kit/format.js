// Numbers, durations, sizes and times as people read them.

const MOST_TEXT = 300;
const NANOSECONDS = new Map([["ns", 1], ["us", 1e3], ["ms", 1e6], ["s", 1e9]]);

// Intl.NumberFormat takes 50 ms to begin
export const count = (value) => Number(value).toFixed(0).replace(/\B(?=(\d{3})+$)/g, "\u202f");
export const counted = (number, one, many = `${one}s`) => `${count(number)} ${Number(number) === 1 ? one : many}`;

export function rate(value) {
  if (value === null || !Number.isFinite(value)) return "–";
  if (value >= 100) return count(value);
  return value >= 1 ? value.toFixed(value >= 10 ? 0 : 1) : String(Number(value.toPrecision(2)));
}

export function duration(ns) {
  if (ns === null || ns === undefined) return "–";
  if (ns < 0) return `-${duration(-ns)}`;
  if (ns >= 1e9) return `${(ns / 1e9).toFixed(ns >= 1e10 ? 1 : 2)} s`;
  if (ns >= 1e6) return `${(ns / 1e6).toFixed(ns >= 1e8 ? 0 : ns >= 1e7 ? 1 : 2)} ms`;
  if (ns >= 1e3) return `${(ns / 1e3).toFixed(ns >= 1e5 ? 0 : 1)} µs`;
  return `${Math.round(ns)} ns`;
}

export function bytes(value) {
  for (const [unit, size] of [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]]) {
    if (value >= size) return `${(value / size).toFixed(value / size >= 100 ? 0 : 1)} ${unit}`;
  }
  return `${value} B`;
}

// a metric's value in its unit, which is UCUM's
export function quantity(value, unit = "") {
  if (typeof value !== "number") return value ?? "–";
  if (!value) return "0";
  const scale = NANOSECONDS.get(unit);
  if (scale && value >= 0) return duration(value * scale);
  if (unit === "By" && value >= 0) return bytes(Math.round(value));
  const text = Number.isInteger(value) || Math.abs(value) >= 1e4 ? count(value) : String(Number(value.toPrecision(3)));
  return !unit || unit === "1" || unit.startsWith("{") ? text : `${text} ${cut(unit, 20)}`;
}

// annotations may hold anything: what is not a list, or not an object in it, is left out
export const listed = (value) => (Array.isArray(value) ? value : []);
export const tables = (value) => listed(value).filter((one) => one !== null && typeof one === "object");

const two = (value) => String(value).padStart(2, "0");

// the browser's own time zone; `clock` says the day where it is not today, `moment` always, and the zone too
export function clock(ms, withMs = false) {
  const its = day(ms), text = timeOfDay(ms, withMs);
  return its === day(Date.now()) ? text : `${its} ${text}`;
}

export function day(ms) {
  const at = new Date(ms), year = at.getFullYear();
  return `${year === new Date().getFullYear() ? "" : `${year}-`}${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export function timeOfDay(ms, withMs = false) {
  const at = new Date(ms);
  const text = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return withMs ? `${text}.${String(at.getMilliseconds()).padStart(3, "0")}` : text;
}

export function moment(ms) {
  const at = new Date(ms);
  const minutes = -at.getTimezoneOffset();
  const zone = `${minutes < 0 ? "-" : "+"}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${timeOfDay(ms, true)} ${zone}`;
}

export function ago(seconds) {
  if (seconds < 1.5) return "just now";
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  return `${Math.round(seconds / 3600)} h ago`;
}

// begins with a capital, unless its first word is a name, as of a file or a field
export const sentence = (text) => (/^(?!labctl\b)[a-z]+(?=[\s:,;]|$)/.test(text) ? text[0].toUpperCase() + text.slice(1) : text);

export const cut = (text, most = MOST_TEXT) => unturned(text.length > most ? `${text.slice(0, most).replace(HALF, "")}…` : text);

const HALF = /[\ud800-\udbff]$/, TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

// what turns the direction of text is made visible: of what stands beside it too, it would make something else
export const unturned = (text) => text.replace(TURNS, (one) => `\\u${one.charCodeAt(0).toString(16)}`);
