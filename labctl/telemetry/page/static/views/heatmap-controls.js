// The controls of the latency heatmap: a query, a time, a run, an objective, percentile lines.

import { completing } from "../kit/completion.js";
import { el } from "../kit/dom.js";
import { ask } from "../kit/fetch.js";
import { clock, counted, duration } from "../kit/format.js";
import { objectiveOf, runsOf } from "../kit/marks.js";
import { pausing } from "../kit/pause.js";
import { narrowed, without } from "../kit/query.js";
import { PERCENTILES } from "./heatmap-drawing.js";

const SPANS = [["custom", ""], ["last 5 min", 5], ["last 15 min", 15], ["last 1 h", 60], ["last 6 h", 360], ["last 24 h", 1440]];
const LONGEST_NS = 2 ** 63;
export const RUN = /(?:^|\s)run=([0-9a-fA-F]+)(?=\s|$)/;

export function controls(mistake, signal) {
  const field = el("input", { type: "text", id: "query", "aria-label": "Filter requests", placeholder: "service=… name~… duration>200ms status=error run=18df" });
  const combo = completing(field, mistake, signal);
  const spans = el("select", { "aria-label": "Time range" }, ...SPANS.map(([text, minutes]) => el("option", { value: minutes, hidden: !minutes }, text)));
  const runs = el("select", { "aria-label": "Run" }, el("option", { value: "" }, "all runs"));
  const slo = el("input", { type: "number", id: "slo", min: 0, step: "any", class_: "short" });
  const lines = Object.fromEntries(Object.keys(PERCENTILES).map((name) => [name, el("input", { type: "checkbox" })]));
  const pause = pausing();
  const fitted = el("button", { type: "button", title: "Zoom to the time with requests (f)" }, "Fit"), above = el("button", { type: "button", class_: "above", hidden: true });
  const form = el("form", { role: "search" }, combo.element, el("button", {}, "Search"), spans, fitted, runs, pause.button, pause.note,
    el("span", { class_: "group" }, el("label", { for: "slo" }, "SLO in ms"), slo),
    el("fieldset", { class_: "group" }, el("legend", { class_: "unseen" }, "Percentile lines"), ...Object.entries(lines).map(([name, box]) => el("label", {}, box, name))));
  return { field, combo, spans, runs, slo, lines, pause, fitted, above, form };
}

export async function listRuns(select, signal) {
  const { runs, told } = await ask("page/runs", {}, signal);
  select.append(...runs.map(({ prefix, begin, end, requests }) => {
    const known = told?.find(({ run_id: id }) => id.startsWith(prefix));      // the answer may lack requests of its oldest run
    const text = [clock(begin), known?.scenario, known ? prefix.slice(0, 8) : `${counted(requests, "request")} · ${prefix.slice(0, 8)}`].filter(Boolean).join(" · ");
    return el("option", { value: prefix, "data-begin": Math.min(begin, known?.begin ?? begin), "data-end": Math.max(end, known?.end ?? end) }, text);
  }));
}

export function chooseRun(select, query) {
  const [, prefix = ""] = RUN.exec(query) ?? [];
  const option = [...select.options].find(({ value }) => (prefix ? value.startsWith(prefix.toLowerCase()) : !value));
  if (option) option.selected = true;
  else select.append(el("option", { value: prefix, selected: true }, `run ${prefix.slice(0, 8)}`));
}

// exactly one run: its requests, in its time; or again all of the last minutes
export function ofRun({ value, dataset }, query) {
  const rest = without(query, /^run=[0-9a-fA-F]+$/);
  if (!value) return { query: rest, begin: "", end: "", minutes: "" };
  const [begin, end] = [Number(dataset.begin), Number(dataset.end)];
  return { query: narrowed(rest, `run=${value}`), begin: Math.floor(begin / 1000) * 1000, end: Math.ceil(end / 1000) * 1000, minutes: "" };
}

// the objective in the address, else that of the chosen run, or of the newest one shown
export function objective(typed, { marks: happened, parameters }) {
  if (Number(typed) > 0 && Number(typed) * 1e6 < LONGEST_NS) return { ns: Number(typed) * 1e6, text: duration(Number(typed) * 1e6) };
  const [, prefix] = RUN.exec(parameters.get("query") ?? "") ?? [];
  return objectiveOf(runsOf(happened, prefix));
}
