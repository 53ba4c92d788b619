// That spans were lost, in words: what is not stored took time all the same.

import { el } from "../kit/dom.js";
import { count, counted, cut } from "../kit/format.js";

// of one run, from labctl's ledger; null where nothing was lost or nobody has told
export function lost(found) {
  if (!found?.lost) return null;
  return `lost ${part(found.lost, found.expected)} of its spans (${count(found.lost)} of ${count(found.expected)})`;
}

// the same for a table
export function lostByHop(run) {
  if (!run.lost) return el("span", { class_: "dim" }, "unknown");
  if (!run.lost.length) return "0";
  return el("span", { class_: "bad" }, run.lost.map(({ hop, spans }) => `${count(spans ?? 0)} ${cut(hop, 60)}`).join(", "));
}

// the runs whose spans a counter's loss may be, with how many; null: their losses are more than it counted, so some are of another cause
export function runsOf(loss, { at, pipeline }, runs) {
  const [since, lately] = loss.cause === "sdk" ? [pipeline.service.sdk?.since, at - pipeline.sdk_lately_s] : [pipeline.collector.counts?.started, pipeline.collector_since];
  const here = (run) => (run.lost ?? []).filter(({ hop }) => hop === loss.hop).reduce((total, { spans }) => total + (spans ?? 0), 0);
  const counted = (run, spans) => spans && !(run.begin < since) && (loss.lately === null || run.begin < lately || spans <= loss.lately);
  const found = runs.map((run) => ({ run, spans: here(run) })).filter(({ run, spans }) => counted(run, spans));
  return found.reduce((total, { spans }) => total + spans, 0) <= loss.items ? found : null;
}

// what a comparison leaves out, on top of it; none where nothing is missing
export function leftOut({ losses, traces, left_out: out, orphans = [0, 0] }, kind) {
  const told = ["A", "B"].map((name, place) => losses[place]?.lost ? `${name}${kind === "runs" ? " " : " belongs to a run that "}${lost(losses[place])}`
    : orphans[place] ? `${name} has ${counted(orphans[place], "orphan span")}` : "").filter(Boolean);
  if (kind === "traces") return told.length ? [line(`${told.join("; ")}: what is only in the other trace may have been lost in this one.`)] : [];
  if (!told.length && !out.some(Boolean)) return [];
  const known = told.length ? told.join("; ") : "Spans are missing in some traces";
  const none = ["A", "B"].filter((name, place) => !traces[place]);
  if (none.length) return [line(`${known}. ${none.join(" and ")} ${none.length > 1 ? "have" : "has"} no complete trace, so spans cannot be compared.`)];
  const parts = out.map((number, place) => `${"AB"[place]} ${count(number)} of ${count(number + traces[place])}`);
  return [line(`${known}: only complete traces are compared. Left out: ${parts.join(", ")}.`)];
}

const line = (text) => el("p", { class_: "warn", role: "status" }, text);

// never 0 % or 100 % of what is neither
function part(some, all) {
  const share = all ? some / all * 100 : 100;
  return share > 0 && share < 1 ? "less than 1 %" : some < all && share > 99 ? "more than 99 %" : `${share.toFixed(0)} %`;
}
