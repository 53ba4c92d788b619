// The key figures of a run as tiles: what labctl has told, and where it has not, what the stored spans say.

import { el } from "../kit/dom.js";
import { count, duration, moment, rate } from "../kit/format.js";
import { enough } from "./percentiles.js";

export function tile(text, name, tone = "") {
  return el("div", { class_: "tile" }, el("b", { class_: tone }, text), el("span", {}, name));
}

export function tiles({ told, stored, going }) {
  const data = told?.data ?? {};
  if (going && told) return live(data, stored);
  const { summary, ledger } = data, found = [];
  if (summary) {
    found.push(tile(count(summary.sent), `requests sent of ${count(summary.planned)} planned`), tile(share(summary.failed, summary.successful + summary.failed), `failed (${count(summary.failed)})`, summary.failed ? "bad" : ""),
      tile(rate(summary.rate), `completed/s${summary.target_rate ? `, ${rate(summary.target_rate)} planned` : ""}`), ...times(summary.latency));
  } else if (stored) {
    const seconds = Math.max((stored.end - stored.begin) / 1000, 0.001);
    found.push(tile(count(stored.requests), "requests stored"), tile(share(stored.errors, stored.requests), `failed (${count(stored.errors)})`, stored.errors ? "bad" : ""),
      tile(rate(stored.requests / seconds), "requests/s"), tile(duration(stored.latency.p50), "service time p50"), tile(duration(stored.latency.p99), "service time p99"));
  }
  if (told) {
    found.push(ledger ? tile(count(ledger.lost_spans), `spans lost of ${count(ledger.expected_spans)}`, ledger.lost_spans ? "bad" : "good") : tile("unknown", "spans lost"));
  }
  return found;
}

function live(data, stored) {
  const times = data.latency_ms ?? {};
  return [tile(count(data.sent ?? 0), data.planned ? `requests sent of ${count(data.planned)} planned` : "requests sent"), tile(count(data.answered ?? 0), "completed"),
    tile(count(data.failed ?? 0), "failed", data.failed ? "bad" : ""), tile(rate(data.answer_rate ?? null), `completed/s${data.rate ? `, ${rate(data.rate)} planned` : ""}`),
    tile(milliseconds(times.p50), "latency p50 so far"), tile(milliseconds(times.p99), "latency p99 so far"), tile(stored ? count(stored.requests) : "0", "requests stored")];
}

// the date has no room in a narrow window
export function began(time) {
  const text = moment(time);
  return el("span", {}, el("span", { class_: "wide" }, text.slice(5, 11)), text.slice(11, 19));
}

const times = (latency) => [tile(few(latency, "p50"), "latency p50"), tile(few(latency, "p99"), "latency p99")];
// in a table, where it breaks if there is no room
export const tooFew = () => el("span", { class_: "wraps" }, "too few samples");
export const unknown = () => el("span", { class_: "dim" }, "unknown");
// what labctl has told of `samples` latencies, for a table
export function latency(value, samples, name) {
  if (typeof samples === "number" && !enough(name, samples)) return tooFew();
  return typeof value === "number" ? milliseconds(value) : unknown();
}
// a percentile of too few samples is not shown, as in labctl
const few = (latency, name) => (enough(name, latency?.count) ? milliseconds(latency[name]) : "too few samples");
export const milliseconds = (value) => (value === null || value === undefined ? "–" : duration(value * 1e6));
export const share = (part, all) => (all ? `${(part / all * 100).toFixed(part ? 2 : 0)} %` : "–");
