// What a run came to: verdicts, remarks, percentiles, what became of the requests, the slowest, and where spans were lost.

import { el, link, table } from "../kit/dom.js";
import { count, cut, duration, listed, tables } from "../kit/format.js";
import { address } from "../kit/route.js";
import { enough } from "./percentiles.js";
import { milliseconds, tooFew } from "./run-tiles.js";

const NAMES = ["min", "mean", "p50", "p90", "p95", "p99", "p99.9", "max"];

export const verdict = ({ told }) => [thresholds(told?.data ?? {}), remarks(told?.data ?? {})];

export function report({ told, stored, spans }) {
  const { summary } = told?.data ?? {};
  return [el("div", { class_: "columns" }, percentiles(summary, stored), summary ? outcome(summary) : null, ledger(told), summary?.generator ? generator(summary.generator) : null),
    slowest(summary, stored, spans)];
}

function section(title, ...children) {
  return el("section", {}, el("h2", {}, title), ...children);
}

const facts = (title, rows) => section(title, table([["Name", "text"], ["Value", "number"]], rows, undefined, title));

function thresholds({ slo, thresholds: asked, summary }) {
  const judged = tables(slo), wanted = listed(asked);
  if (!judged.length) return summary || !wanted.length ? null : section("Thresholds", el("p", {}, `${wanted.map((one) => cut(String(one))).join(", ")}: not evaluated, because labctl reported no result.`));
  return section("Thresholds", table([["Result"], ["Threshold", "text"], ["Actual", "text"]],
    judged.map((one) => [el("span", { class_: one.met ? "good" : "bad" }, one.met ? "✓ met" : "✗ missed"), cut(String(one.threshold)), cut(String(one.found))]), undefined, "Thresholds"));
}

function remarks({ remarks: all, ledger: found }) {
  return listed(all).length ? section(found?.arrived ? "Remarks when the run was reported" : "Remarks", el("ul", {}, ...all.map((text) => el("li", {}, cut(String(text), 1000))))) : null;
}

function percentiles(summary, stored) {
  const latency = summary?.latency, times = stored?.latency ?? {};
  if (!latency?.count && !times.count) return section("Percentiles", el("p", {}, "No request succeeded, so there is no time to report."));
  const told = (name) => (enough(name, latency?.count) ? milliseconds(latency[name.replace(".", "_")]) : tooFew());
  const between = (name) => { const found = stored?.intervals[name]; return found ? `${duration(found[0])} – ${duration(found[1])}` : "–"; };
  const exact = (name) => (times.count ? (times[name] === null ? tooFew() : duration(times[name])) : "not stored");
  return section("Percentiles", el("p", { class_: "note" }, `${latency ? "Latency counts from when a request was due. " : ""}Service time counts from when a request was sent; it is exact, from stored spans. The confidence interval is for service time.`),
    table([["Figure"], ...(latency ? [["Latency", "number"]] : []), ["Service time", "number"], ["95 % confidence interval", "number wide"]],
      NAMES.map((name) => [name, ...(latency ? [told(name)] : []), exact(name), between(name)]), undefined, "Percentiles"));
}

function outcome(summary) {
  const rows = [["planned", summary.planned], ["never sent (dropped)", summary.dropped], ["sent", summary.sent], ["successful", summary.successful], ["failed", summary.failed],
    ...Object.entries(summary.errors ?? {}).map(([kind, number]) => [`  ${kind}`, number]), ["unfinished", summary.unfinished], ["waited for a free worker", summary.queued],
    ...(summary.warmup ? [["within the warm-up", summary.warmup]] : []), ["workers", summary.concurrency],
    ...Object.entries(summary.statuses ?? {}).map(([status, number]) => [`HTTP ${status}`, number]),
    ...requests(summary)];
  return facts("Requests", rows.map(([name, number]) => [cut(name, 120), typeof number === "number" ? count(number) : "unknown"]));
}

function requests({ by_request: by }) {
  const all = Object.entries(by ?? {}).filter(([, counts]) => counts);
  return all.length < 2 ? [] : all.flatMap(([name, counts]) => [[`${name}: successful`, counts.successful ?? 0], [`${name}: failed`, counts.failed ?? 0]]);
}

function ledger(told) {
  const found = told?.data.ledger;
  if (!found) return section("Spans", el("p", {}, "Whether spans were lost is unknown: ", told ? "the lab could not be asked, or the target is not the lab's service." : "labctl has not reported the run to this viewer."));
  const lost = tables(found.lost).map(({ hop, spans }) => [el("span", { class_: "bad" }, `lost${found.arrived ? ", at most" : ""}: ${cut(String(hop), 80)}`), count(spans)]);
  const rows = [["expected", known(found.expected_spans)], ["stored", known(found.spans)], ...(found.arrived ? [["  of them arrived after the run was reported", count(found.arrived)]] : []), ...lost, ...(lost.length ? [] : [[el("span", { class_: "good" }, "lost"), "0"]])];
  if (found.not_stored_yet) rows.push([`not stored yet: ${cut(String(found.not_stored_cause ?? ""), 120)}`, count(found.not_stored_yet)]);
  if (found.sampled_out) rows.push(["traces sampled out", count(found.sampled_out.traces ?? 0)]);
  if (found.unanswered) rows.push(["unanswered requests, whose spans are unknown", count(found.unanswered)]);
  return facts("Spans of the requests sent", rows);
}

const known = (number) => (typeof number === "number" ? count(number) : "unknown");

function generator(found) {
  const rows = [["CPU (of one core)", `${(found.cpu_share * 100).toFixed(0)} %`], ["send delay p50", milliseconds(found.late_p50_ms)], ["send delay p99", milliseconds(found.late_p99_ms)],
    ["send delay max", milliseconds(found.late_max_ms)], ["machine CPU in use", found.machine_busy ? `${(found.machine_busy * 100).toFixed(0)} %` : "unknown"]];
  return facts("Load generator", rows);
}

function slowest(summary, stored, spans) {
  if (stored?.slowest.length) {
    return section("Slowest requests", table([["Service time", "number"], ["Request", "text"], ["Trace", "id wide"]], stored.slowest.map((one) => [
      el("span", { class_: one.error ? "bad" : "" }, duration(one.duration_ms * 1e6)), link(cut(one.name || "(no name)", 120), address("trace", {}, one.trace_id)), one.trace_id]), undefined, "Slowest requests"));
  }
  const slow = tables(summary?.slowest);
  if (!slow.length) return null;
  return section("Slowest requests", el("p", { class_: "note" }, spans ? "Their root spans are not stored." : "Their spans are not stored."),
    table([["Latency", "number"], ["Trace", "id text"]], slow.map((one) => [milliseconds(one.latency_ms), spans && /^[0-9a-f]{32}$/.test(one.trace_id) ? link(one.trace_id, address("trace", {}, one.trace_id)) : cut(String(one.trace_id), 40)]), undefined, "Slowest requests"));
}

