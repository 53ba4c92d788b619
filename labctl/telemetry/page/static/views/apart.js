// What sets the selected requests apart from the others of the window: a line each, in words, with the share on both sides.

import { el, link, put, table } from "../kit/dom.js";
import { clock, count, counted, cut, duration } from "../kit/format.js";
import { narrowed, quoted } from "../kit/query.js";
import { address } from "../kit/route.js";

const SURE = 0.001, NOTABLE = 0.2, TIMES = 2, LEAST = 5, SMALL = 0.02, CUT = 200;       // characters of a value that are told
const OF_ATTRIBUTES = ["attribute", "resource"];

export function drawApart(root, found, context) {
  const { selected, others } = found;
  const lines = [failures(found, context), ...found.differences.map((one) => difference(one, found, context))].filter(Boolean);
  put(root, el("h2", {}, "What sets them apart"),
    lines.length ? el("ol", { class_: "apart" }, ...lines) : el("p", {}, nothing(found)),
    lines.length && found.differences.every((one) => ![one, ...one.also].some(({ sort }) => OF_ATTRIBUTES.includes(sort))) ? el("p", {}, "No attribute sets them apart.") : null,
    ownTimes(found),
    el("p", { class_: "note" }, `${sampled(selected)} selected ${selected.total === 1 ? "request" : "requests"} compared with ${sampled(others)} other ${others.total === 1 ? "request" : "requests"} in this time range`,
      found.conditions ? `; ${counted(found.conditions, "condition")} tested. Differences are listed where p < 0.005 after Holm's correction.` : ".",
      found.stopped_s === null ? null : el("b", { class_: "warn" }, ` Stopped reading after ${found.stopped_s} s: the result may be incomplete. Choose a shorter time range.`)));
}

const sampled = ({ looked_at: some, total }) => (some < total ? `${count(some)} of ${count(total)}` : count(total));

function nothing({ selected, others }) {
  if (!selected.total) return "Nothing is selected.";
  if (!selected.looked_at || !others.looked_at) return others.total ? "Their traces are no longer stored, or too large to read." : "No other requests in this time range.";
  if (isFew({ selected, others })) {
    const left = [selected, others].some(({ looked_at: some, total }) => some < LEAST && total >= LEAST) ? " Traces of which only the root span, or nothing, is still stored are not compared." : "";
    return `Too few samples: at least ${LEAST} are needed on both sides.${left}`;
  }
  return "No significant difference.";
}

function failures({ selected, others, failed_p: p }, { query, window }) {
  const [own, rest] = [selected.failed / selected.total, others.failed / Math.max(others.total, 1)];
  if (!others.total || p >= SURE || !(own >= TIMES * rest || own - rest >= NOTABLE)) return null;
  const where = address("heatmap", { ...window, query: narrowed(query, "status=error") });
  return line(link("they failed", where), own, rest, [selected.failed, selected.total, others.failed, others.total]);
}

function difference(one, found, context) {
  const what = words(one, found.started, found.own_times), where = target(one, found.started, context);
  const also = one.also.map((other) => words(other, found.started, []).text);
  return line(where ? link(what.text, where) : el("b", {}, what.text), one.group_with / one.group, one.rest_with / one.rest,
    [one.group_with, one.group, one.rest_with, one.rest], what.having,
    also.length ? el("div", { class_: "dim" }, `they also have: ${cut(also.join(", "), 200)}`) : null,
    link("example trace", address("trace", { span: one.span_id }, one.trace_id), { class_: "example", "aria-label": `example trace with ${what.text}` }));
}

function line(what, own, rest, numbers, having = "", ...more) {
  return el("li", {}, el("div", {}, what, `: ${having}${percent(own)} of the selected, ${percent(rest)} of the others`),
    bar("selected", own, numbers[0], numbers[1]), bar("others", rest, numbers[2], numbers[3]), ...more);
}

function bar(name, share, some, all) {
  const filled = el("span", { class_: `filled ${name}` });
  filled.style.width = `${share * 100}%`;
  return el("div", { class_: "share", "aria-hidden": "true" }, el("span", {}, name), el("span", { class_: "all" }, filled), el("span", { class_: "number" }, `${count(some)} of ${count(all)}`));
}

const percent = (share) => `${share > 0 && share < 0.1 ? (share * 100).toFixed(1) : share < 1 && share > 0.99 ? "99" : Math.round(share * 100)}\u00a0%`;

// a condition in plain words: what the selected have
function words(one, started, times) {
  const span = cut(one.span ?? "", 80);
  if (one.sort === "time") return { text: `from ${clock((started + one.value[0]) * 1000)} to ${clock((started + one.value[1]) * 1000)}` };
  if (one.sort === "span") return { text: `${one.comparison === "missing" ? "no " : ""}span ${span}` };
  if (one.sort === "own time") {
    const time = times.find((other) => other.span === one.span && other.service === one.service);
    const longer = time?.longer_ms > 0 ? `: ${duration(time.longer_ms * 1e6)} longer` : "";
    return { text: `${span}${longer}`, having: `self time above ${duration(one.value * 1e6)} in ` };
  }
  const of = one.sort === "resource" ? `of ${cut(one.service ?? "", 60)}` : `on ${span}`;
  return { text: `${cut(one.key, 80)} ${one.comparison} ${shown(one.value)} ${of}` };
}

const shown = (value) => (typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)).toString() : cut(String(value), 80));

// where a click leads: traces that match, or a narrower window; null where no query says it
function target(one, started, { query, window }) {
  const run = (query.match(/(?:^|\s)run=[0-9a-fA-F]+/) ?? [""])[0].trim();
  if (one.sort === "time") return address("heatmap", { begin: Math.floor((started + one.value[0]) * 1000), end: Math.ceil((started + one.value[1]) * 1000), query });
  const terms = [run, one.service ? term("service", "=", one.service) : "", one.span ? term("name", "=", one.span) : ""];
  if (one.sort === "own time") terms.push(`duration>=${Math.round(one.value * 1000)}us`);
  else if (one.sort === "span") { if (one.comparison === "missing") return null; } else {
    if (/[=!<>~\s"'\\]/.test(one.key) || one.key.startsWith("-")) return null;
    if (/^[[{]/.test(one.value)) return null;          // a list or a table, which a query names by its elements
    const sign = [...String(one.value)].length >= CUT ? "~" : { "≥": ">=", "≤": "<=" }[one.comparison] ?? "=";
    terms.push(term(one.sort === "resource" ? `resource.${one.key}` : one.key, sign, one.value));
  }
  return address("traces", { query: terms.filter(Boolean).join(" "), sort: one.sort === "own time" ? "duration" : "" });
}

const term = (key, sign, value) => `${key}${sign}${/^[\w.:/@%+]+$/.test(value) ? value : quoted(String(value))}`;

const isFew = ({ selected, others }) => selected.looked_at < LEAST || others.looked_at < LEAST;

function ownTimes({ own_times: times, ...groups }) {
  if (isFew(groups)) return null;       // the times of a few say nothing of the others
  const told = times.filter((one) => one.longer_ms > Math.max(SMALL * times[0].longer_ms, 0.001));
  if (!told.length) return null;
  const ms = (value) => duration(value * 1e6);
  return el("div", {}, el("h3", {}, "Self time of their spans"),
    table([["Span", "text"], ["Selected", "number"], ["Others", "number"], ["Difference", "number"]],
      told.map((one) => [cut(one.span, 80), ms(one.slow_mean_ms), ms(one.rest_mean_ms), ms(one.longer_ms)]), undefined, "Self time of their spans"),
    el("p", { class_: "note" }, "Mean per request; a request without the span counts as 0."));
}
