// The latency heatmap: requests by time and duration, the requests of the cells that are selected, and what sets them apart.

import { canvas } from "../kit/canvas.js";
import { Columns } from "../kit/columns.js";
import { completing, tell } from "../kit/completion.js";
import { el, link, put, table } from "../kit/dom.js";
import { ask } from "../kit/fetch.js";
import { clock, count, cut, duration, moment } from "../kit/format.js";
import { keys } from "../kit/keys.js";
import { subscribe } from "../kit/live.js";
import { KINDS, latencyObjective, marks, markText } from "../kit/marks.js";
import { address, change, go } from "../kit/route.js";
import { drawApart } from "./apart.js";
import { moveCursor, named, pointer } from "./heatmap-cells.js";
import { drawCells, drawMarks, HEIGHT, measure, PERCENTILES } from "./heatmap-drawing.js";

const MOST = 150, MARKS_MS = 5000, MOST_MARKS = 50, AROUND_MS = 120000;
const SPANS = [["as chosen", ""], ["5 min", 5], ["15 min", 15], ["1 h", 60], ["6 h", 360], ["24 h", 1440]];
const NOTHING = { from: "", to: "", low: "", high: "" };
const RUN = /(?:^|\s)run=([0-9a-fA-F]+)(?=\s|$)/;

export async function show(root, { parameters, signal }) {
  const problem = el("p", { class_: "problem", role: "alert" }), mistake = el("p", { class_: "problem", role: "alert" });
  const { field, combo, spans, runs, slo, lines, pause, form } = controls(mistake, signal);
  const chart = el("div", { class_: "chart", tabindex: 0, role: "group", "aria-label": "Heatmap: arrow keys, Home, End, Page Up and Page Down move, with Shift they select, Enter shows the requests" });
  const legend = el("p", { class_: "note" });
  const tip = el("div", { class_: "tip", hidden: true }), said = el("p", { class_: "note", role: "status" });
  const events = el("div"), found = el("section", { "aria-label": "Selected requests" }), apart = el("section", { "aria-label": "What sets them apart" });
  put(root, el("h1", {}, "Latency"), form, mistake, problem, chart, said, legend, el("div", { class_: "halves" }, found, apart), events);

  const view = { columns: null, shown: null, rows: [0, 0], hover: null, cursor: null, drag: null, selected: null, paused: false, listed: [], place: -1,
    marks: null, marked: null, signs: [], lines: [], objective: null, parameters, marksDue: 0, told: "", asking: null, refused: false };
  const begin = (next) => {
    const [from, to] = ["begin", "end"].map((name) => Number(next.get(name)) || 0);
    field.value = next.get("query") ?? "";
    const chosen = from && to > from, minutes = Number(next.get("minutes")) || 15;
    spans.value = chosen ? "" : String(minutes);
    const span = chosen ? { begin: from, end: to } : minutes * 60000;
    view.columns = new Columns({ span, most: MOST, query: field.value.trim(), signal });
    view.paused = typeof span !== "number";
    Object.assign(view, { marksDue: 0, refused: false });
    put(mistake);
  };
  const look = (next) => {
    view.parameters = next;
    view.selected = selection(next);
    view.lines = (next.get("lines") ?? "p50.p99").split(".").filter((name) => name in PERCENTILES);
    for (const [name, box] of Object.entries(lines)) box.checked = view.lines.includes(name);
    view.objective = objective(next.get("slo"), view);
    if (document.activeElement !== slo) slo.value = next.get("slo") ?? "";
    slo.placeholder = view.objective ? String(view.objective.ns / 1e6) : "none";
    chooseRun(runs, field.value);
  };
  const map = canvas(chart, HEIGHT, "Requests by time and latency", (context, width, tall) => drawCells(context, width, tall, view), signal);
  const over = canvas(chart, HEIGHT, "", (context, width, tall) => drawMarks(context, width, tall, view), signal);
  over.element.setAttribute("aria-hidden", "true");
  over.element.removeAttribute("role");
  Object.assign(over.element.style, { position: "absolute", inset: "0" });
  chart.append(tip);
  const draw = () => {
    map.again();
    over.again();
    if (view.shown) put(legend, summary(view));
  };

  const refresh = async () => {
    try {
      if (!(await view.columns.refresh())) return;
      put(problem);
      view.shown = view.columns.list();
      measure(view);
      draw();
      if (!view.selected) put(found, invitation(view));
      refreshMarks().catch((error) => { if (!signal.aborted) put(problem, error.message); });
    } catch (error) {
      if (signal.aborted) return;
      view.refused = error.status === 400;       // asked again it would be too
      if (error.said?.begin === undefined) put(problem, error.message);
      else tell(mistake, view.columns.query, { ...error.said, title: error.message });
    }
  };
  const refreshMarks = async () => {
    if (Date.now() < view.marksDue) return;
    view.marksDue = Date.now() + MARKS_MS;
    view.marks = await marks(view.shown.begin, view.shown.end, signal);
    look(view.parameters);
    const told = JSON.stringify(view.marks);
    if (told !== view.told) drawEvents(events, view, (mark) => { view.marked = mark && `${mark.kind} ${mark.key}`; over.again(); });
    view.told = told;
    draw();
  };

  const requests = async () => {
    view.asking?.abort();
    const mine = view.asking = new AbortController();
    signal.addEventListener("abort", () => mine.abort());
    view.listed = [];
    if (!view.selected) {
      put(found, invitation(view));
      put(apart);
      return;
    }
    const { from, to, low, high } = view.selected, query = field.value.trim();
    try {
      const answer = await ask("page/requests", { begin: from, end: to, low, high, query }, mine.signal);
      view.listed = answer.requests;
      drawRequests(found, view, answer.total);
      put(apart, el("h2", {}, "What sets them apart"), el("p", { class_: "note", role: "status" }, "Comparing…"));
      const window = view.columns.window();
      drawApart(apart, await ask("page/apart", { ...window, from, to, low, high, query }, mine.signal), { query, window });
    } catch (error) {
      if (!mine.signal.aborted) put(view.listed.length ? apart : found, el("p", { class_: "problem" }, error.message));
    }
  };

  const select = (area) => { setPaused(true); change(named(view, area)); };
  const setPaused = (paused) => {
    view.paused = paused;
    pause.setAttribute("aria-pressed", String(paused));
    put(pause, paused ? "Paused" : "Pause");
  };
  pointer(chart, over, tip, view, select);
  chart.addEventListener("keydown", (event) => moveCursor(event, view, over, said, select));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    combo.close();
    change({ query: field.value.trim(), slo: Number(slo.value) > 0 ? slo.value : "", ...NOTHING });
  });
  const live = (minutes) => change({ minutes, begin: "", end: "", ...NOTHING });
  spans.addEventListener("change", () => live(spans.value));
  runs.addEventListener("change", () => change({ ...ofRun(runs.selectedOptions[0], field.value), ...NOTHING }));
  slo.addEventListener("change", () => change({ slo: Number(slo.value) > 0 ? slo.value : "" }));
  for (const box of Object.values(lines)) {
    box.addEventListener("change", () => change({ lines: Object.keys(lines).filter((name) => lines[name].checked).join(".") || "none" }));
  }
  pause.addEventListener("click", () => (view.paused ? live(spans.value || 15) : setPaused(true)));
  const step = (by) => {
    view.place = Math.max(0, Math.min(view.listed.length - 1, view.place + by));
    drawRequests(found, view);
  };
  keys({
    j: ["next request", () => step(1)], k: ["request before", () => step(-1)],
    Enter: ["open the request", () => view.listed[view.place] && go(address("trace", {}, view.listed[view.place].trace_id))],
    m: ["to the heatmap", () => chart.focus()],
    a: ["to what sets them apart", () => apart.querySelector("a")?.focus()],
    e: ["to what happened", () => events.querySelector("a")?.focus()],
    p: ["pause, go on", () => pause.click()],
    Escape: ["select nothing", () => change(NOTHING)],
  }, signal);

  begin(parameters);
  look(parameters);
  setPaused(view.paused);
  requests();
  await refresh();
  listRuns(runs, signal).then(() => chooseRun(runs, field.value), () => {});
  subscribe(() => !document.hidden && !view.paused && !view.refused && refresh(), signal);
  return async (next) => {
    const changed = (...names) => names.some((name) => view.parameters.get(name) !== next.get(name));
    const window = changed("query", "minutes", "begin", "end"), cells = window || changed("from", "to", "low", "high");
    if (window) begin(next);
    look(next);
    if (cells) view.place = -1;
    draw();
    if (window) {
      setPaused(view.paused);
      await refresh();
    }
    if (cells) await requests();
  };
}

function controls(mistake, signal) {
  const field = el("input", { type: "text", id: "query", "aria-label": "Only requests that match", placeholder: "service=… name~… duration>200ms status=error run=18df" });
  const combo = completing(field, mistake, signal);
  const spans = el("select", { "aria-label": "Time" }, ...SPANS.map(([text, minutes]) => el("option", { value: minutes, hidden: !minutes }, text)));
  const runs = el("select", { "aria-label": "Run" }, el("option", { value: "" }, "all runs"));
  const slo = el("input", { type: "number", id: "slo", min: 0, step: "any", class_: "short" });
  const lines = Object.fromEntries(Object.keys(PERCENTILES).map((name) => [name, el("input", { type: "checkbox" })]));
  const pause = el("button", { type: "button", "aria-pressed": "false" }, "Pause");
  const form = el("form", { role: "search" }, combo.element, el("button", {}, "Show"), spans, runs, pause,
    el("span", { class_: "group" }, el("label", { for: "slo" }, "SLO in ms"), slo),
    el("fieldset", { class_: "group" }, el("legend", { class_: "unseen" }, "Percentile lines"), ...Object.entries(lines).map(([name, box]) => el("label", {}, box, name))));
  return { field, combo, spans, runs, slo, lines, pause, form };
}

function selection(parameters) {
  const [from, to, low, high] = ["from", "to", "low", "high"].map((name) => parameters.get(name));
  return from && to ? { from: Number(from), to: Number(to), low: Number(low ?? 0), high: high ? Number(high) : "" } : null;
}

// what the address says, else what the run that was chosen, or the newest that is shown, was to keep
function objective(typed, { marks: happened, parameters }) {
  if (Number(typed) > 0) return { ns: Number(typed) * 1e6, text: duration(Number(typed) * 1e6) };
  const [, prefix] = RUN.exec(parameters.get("query") ?? "") ?? [];
  const runs = (happened ?? []).filter(({ kind, key }) => kind === "run" && (!prefix || key.startsWith(prefix.toLowerCase())));
  return runs.map(latencyObjective).findLast(Boolean) ?? null;
}

async function listRuns(select, signal) {
  const { runs, told } = await ask("page/runs", {}, signal);
  select.append(...runs.map(({ prefix, begin, end, requests }) => {
    const known = told?.find(({ run_id: id }) => id.startsWith(prefix));      // of the oldest in the answer not all requests may have been looked at
    const text = [clock(begin), known?.scenario, known ? prefix.slice(0, 8) : `${count(requests)} requests · ${prefix.slice(0, 8)}`].filter(Boolean).join(" · ");
    return el("option", { value: prefix, "data-begin": Math.min(begin, known?.begin ?? begin), "data-end": Math.max(end, known?.end ?? end) }, text);
  }));
}

function chooseRun(select, query) {
  const [, prefix = ""] = RUN.exec(query) ?? [];
  const option = [...select.options].find(({ value }) => (prefix ? value.startsWith(prefix.toLowerCase()) : !value));
  if (option) option.selected = true;
  else select.append(el("option", { value: prefix, selected: true }, `run ${prefix.slice(0, 8)}`));
}

// exactly one run: its requests, in its time; or again all of the last minutes
function ofRun({ value, dataset }, query) {
  const rest = query.replace(RUN, "").trim();
  if (!value) return { query: rest, begin: "", end: "", minutes: "" };
  const [begin, end] = [Number(dataset.begin), Number(dataset.end)];
  return { query: `${rest} run=${value}`.trim(), begin: Math.floor(begin / 1000) * 1000, end: Math.ceil(end / 1000) * 1000, minutes: "" };
}

function summary({ total, errors, shown, most, objective }) {
  const day = moment(shown.begin).slice(0, 10), when = day === moment(Date.now()).slice(0, 10) ? "" : `${day}: `;
  if (!total) return `${when}No requests in this time. labctl load sends some.`;
  return `${when}${count(total)} requests, ${count(errors)} of them failed; a column is ${shown.width / 1000} s, the fullest cell has ${count(most)}. ` +
    `A request is a trace's root span.${objective ? ` SLO: ${objective.text}.` : ""}`;
}

function invitation({ total }) {
  return total ? el("p", { class_: "note" }, "Select cells (drag, or arrow keys and Enter) to see the requests in them, and what sets them apart.") : null;
}

// what happened in this time, as text; each entry leads to its own time, and shows its line in the chart while it has the focus
function drawEvents(root, { marks: happened, parameters }, mark) {
  if (!happened?.length) {
    put(root, el("p", { class_: "note" }, happened ? "No run, fault, rollout or alert in this time is known." : "What happened in this time is unknown: it cannot be asked for."));
    return;
  }
  const query = parameters.get("query") ?? "", focused = root.contains(document.activeElement) ? document.activeElement.textContent : null;
  const where = ({ kind, key, begin, end }) => (kind === "run" ? { query: `run=${key}`, begin: Math.floor(begin), end: Math.ceil((end ?? Date.now()) + 1000) }
    : { query, begin: Math.floor(begin - AROUND_MS), end: Math.ceil((end ?? Math.min(begin + AROUND_MS, Date.now())) + AROUND_MS) });
  put(root, el("h2", {}, "What happened"), el("ul", { class_: "events" }, ...happened.slice(-MOST_MARKS).map((one) =>
    el("li", {}, el("span", { class_: `sign ${one.kind}`, "aria-hidden": "true" }, KINDS[one.kind].sign), link(markText(one), address("heatmap", where(one)),
      { onfocus: () => mark(one), onblur: () => mark(null), onpointerenter: () => mark(one), onpointerleave: () => mark(null) })))),
  happened.length > MOST_MARKS ? el("p", { class_: "note" }, `${count(happened.length - MOST_MARKS)} earlier ones are not listed.`) : null);
  [...root.querySelectorAll("a")].find((one) => one.textContent === focused)?.focus();
}

function drawRequests(root, view, total = view.listedTotal) {
  view.listedTotal = total;
  const { from, to, low, high } = view.selected;
  const range = high ? `${duration(low)} to ${duration(high)}` : `${duration(low)} and more`;
  put(root, el("h2", {}, `${count(total)} requests from ${clock(from)} to ${clock(to)}, ${range}`),
    total > view.listed.length ? el("p", { class_: "note" }, `The slowest ${view.listed.length} are listed.`) : null,
    view.listed.length ? table([["Start"], ["Duration", "number"], ["Service", "wide"], ["Request", "text"], ["Trace", "id wide"]],
      view.listed.map((one) => [clock(one.start * 1000, true), el("span", { class_: one.error ? "bad" : "" }, duration(one.duration_ms * 1e6)),
        cut(one.service, 60), link(cut(one.name || "(no name)", 120), address("trace", {}, one.trace_id)), one.trace_id]),
      (place) => (place === view.place ? { "aria-selected": "true" } : {})) : null);
  root.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
}
