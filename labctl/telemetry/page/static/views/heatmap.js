// The latency heatmap: requests by time and duration, the requests of the cells that are selected, and what sets them apart.

import { canvas } from "../kit/canvas.js";
import { Columns } from "../kit/columns.js";
import { tell } from "../kit/completion.js";
import { el, link, put } from "../kit/dom.js";
import { ask, passing } from "../kit/fetch.js";
import { count, moment } from "../kit/format.js";
import { keys } from "../kit/keys.js";
import { subscribe } from "../kit/live.js";
import { askObjectives, marks, runsOf } from "../kit/marks.js";
import { address, change, go } from "../kit/route.js";
import { LATEST_MS, moveCursor, named, nearP99, pointer, selection } from "./heatmap-cells.js";
import { chooseRun, controls, listRuns, objective, ofRun, RUN } from "./heatmap-controls.js";
import { drawCells, drawMarks, HEIGHT, measure, PERCENTILES } from "./heatmap-drawing.js";
import { drawEvents, drawRequests, invitation, percent, shades, summary } from "./heatmap-lists.js";
import { selectedRequests } from "./heatmap-selected.js";
import { lost } from "./losses.js";

const MINUTE_MS = 60000, LONGEST = 10 * 366 * 24 * 60, MOST = 150, MARKS_MS = 5000, LAST_MS = 300000, SETTLED_MS = 3000;
const NOTHING = { from: "", to: "", low: "", high: "" };
let left = null;                    // the columns that were shown last, also when the view was left meanwhile

export async function show(root, { parameters, signal }) {
  const first = columnsOf(parameters), asked = first.refresh({ signal });         // on its way while the page is built
  asked.catch(() => null);
  const problem = el("p", { class_: "problem", role: "alert" }), mistake = el("p", { class_: "problem", role: "alert" });
  const { field, combo, spans, runs, slo, lines, pause, fitted, above, form } = controls(mistake, signal);
  const chart = el("div", { class_: "chart", tabindex: 0, role: "group", "aria-label": "Heatmap: arrow keys, Home, End, Page Up and Page Down move, with Shift they select, Enter shows the requests" });
  const legend = el("p", { class_: "note" }, el("span", { class_: "late" }, "Loading…")), losses = el("p", { class_: "warn" });
  const tip = el("div", { class_: "tip", hidden: true }), said = el("p", { class_: "note", role: "status" });
  const events = el("div"), found = el("section", { "aria-label": "Selection" }), apart = el("section", { "aria-label": "What sets them apart" });
  put(root, el("h1", {}, "Latency heatmap"), form, mistake, problem, chart, said, legend, above, losses, el("div", { class_: "halves" }, found, apart), events);

  const view = { columns: null, shown: null, rows: [0, 0], hover: null, cursor: null, drag: null, selected: null, paused: false, listed: [], place: -1,
    marks: null, marked: null, signs: [], lines: [], objective: null, parameters, marksDue: 0, told: "", asking: null, refused: false, failed: false, unlisted: false };
  const begin = (next, columns = columnsOf(next)) => {
    const live = typeof columns.span === "number";
    field.value = next.get("query") ?? "";
    spans.value = live ? String(columns.span / MINUTE_MS) : "";
    Object.assign(view, { columns, paused: !live, marksDue: 0, refused: false, failed: false });
    put(mistake);
  };
  const look = (next) => {
    view.parameters = next;
    view.selected = selection(next);
    view.lines = (next.get("lines") ?? "p50.p99").split(".").filter((name) => Object.hasOwn(PERCENTILES, name));
    for (const [name, box] of Object.entries(lines)) box.checked = view.lines.includes(name);
    view.objective = objective(next.get("slo"), view);
    if (view.shown) countAbove().catch(() => null);
    if (document.activeElement !== slo) slo.value = Number.isFinite(Number(next.get("slo"))) ? next.get("slo") ?? "" : "";
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
    if (view.shown) put(legend, summary(view), " ", shades(view));
  };

  const refresh = async (refreshed = view.columns.refresh({ signal })) => {
    const { columns } = view;            // of another query or time once it is not view.columns
    try {
      if (!(await refreshed) || columns !== view.columns) return;
      put(problem);
      view.failed = false;
      view.shown = view.columns.list();
      measure(view);
      draw();
      if (!view.selected) put(found, invitation(view));
      else if (view.listed.length) drawRequests(found, view);
      if (!view.total) sayLast().catch(() => null);
      countAbove().catch(() => null);
      refreshMarks().catch((error) => {
        if (signal.aborted) return;
        view.failed = passing(error);
        put(problem, error.message);
      });
    } catch (error) {
      if (signal.aborted || columns !== view.columns) return;
      view.refused = !passing(error);
      view.failed = !view.refused;
      if (!view.shown) put(legend);
      if (error.said?.begin === undefined) put(problem, error.message);
      else tell(mistake, view.columns.query, { ...error.said, title: error.message });
    }
  };
  const refreshMarks = async () => {
    if (Date.now() < view.marksDue) return;
    view.marksDue = Date.now() + MARKS_MS;
    const { columns } = view, found = await marks(view.shown.begin, view.shown.end, signal);
    const [, run] = RUN.exec(columns.query) ?? [], told = run ? lost(await ask(`page/losses/${run}`, {}, signal)) : null;
    await askObjectives(runsOf(found, run), signal);
    if (columns !== view.columns) return;
    view.marks = found;
    view.failed ||= !found;
    put(losses, told ? `This run ${told}: a request whose root span was lost is not shown.` : null);
    look(view.parameters);
    const happened = JSON.stringify(view.marks);
    if (happened !== view.told) drawEvents(events, view, (mark) => { view.marked = mark && `${mark.kind} ${mark.key}`; over.again(); });
    view.told = happened;
    draw();
  };

  // the last requests before, and one click that shows them
  const sayLast = async () => {
    const { start: seconds } = await ask("page/last-request", {}, signal), start = seconds && seconds * 1000;
    if (start === null || view.total || (view.shown.begin <= start && start < view.shown.end)) return;
    put(found, el("p", {}, `The last requests were at ${moment(start).slice(0, 19)}: `,
      link("show them", address("heatmap", { begin: Math.floor(start) - LAST_MS, end: Math.ceil(start) + 1000, query: field.value.trim() }), { class_: "underlined" })));
  };
  const countAbove = async () => {
    const ns = view.objective?.ns, { begin: from, end: to } = view.shown, { query } = view.columns, asked = `${ns} ${from} ${to} ${view.total} ${query}`;
    if (asked === view.counted) return;
    view.counted = asked;
    const again = (error) => { if (view.counted === asked) view.counted = ""; throw error; };
    const { total } = ns && view.total ? await ask("page/requests", { begin: from, end: to, low: Math.ceil(ns), query }, signal).catch(again) : {};
    if (view.counted !== asked) return;
    put(above, total === undefined ? null : `${count(total)} of ${count(view.total)} above the SLO, ${percent(total, view.total)}: select them (S)`);
    above.hidden = total === undefined;
  };
  const selectAbove = (ns) => {
    if (!view.total || ns === undefined) return;
    setPaused(true);
    const { begin: from, end: to } = view.shown;
    change({ from, to, low: Math.ceil(ns), high: "", begin: from, end: to, minutes: "" });
  };
  const fit = () => {
    const { columns, begin: first, width } = view.shown ?? { columns: [] };
    if (columns.some(Boolean)) change({ begin: first + columns.findIndex(Boolean) * width, end: first + (columns.findLastIndex(Boolean) + 1) * width, minutes: "" });
  };

  const requests = selectedRequests({ found, apart }, view, signal);
  const select = (area) => { setPaused(true); change(named(view, area)); };
  const setPaused = (paused) => {
    view.paused = paused;
    pause.show(paused ? "paused" : "");
  };
  pointer(chart, over, tip, view, select);
  chart.addEventListener("keydown", (event) => moveCursor(event, view, over, said, select));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    combo.close();
    const query = field.value.trim(), same = query === (view.parameters.get("query") ?? "");
    change({ query, slo: Number(slo.value) > 0 ? slo.value : "", ...(same ? {} : NOTHING) });
  });
  const live = (minutes) => change({ minutes, begin: "", end: "", ...NOTHING });
  spans.addEventListener("change", () => live(spans.value));
  runs.addEventListener("change", () => change({ ...ofRun(runs.selectedOptions[0], field.value), ...NOTHING }));
  slo.addEventListener("change", () => change({ slo: Number(slo.value) > 0 ? slo.value : "" }));
  for (const box of Object.values(lines)) {
    box.addEventListener("change", () => change({ lines: Object.keys(lines).filter((name) => lines[name].checked).join(".") || "none" }));
  }
  fitted.addEventListener("click", fit);
  above.addEventListener("click", () => selectAbove(view.objective?.ns));
  pause.button.addEventListener("click", () => (view.paused ? live(spans.value || 15) : setPaused(true)));
  const step = (by) => {
    if (!view.listed.length) return;
    view.place = Math.max(0, Math.min(view.listed.length - 1, view.place + by));
    drawRequests(found, view);
  };
  keys({
    j: ["next request", () => step(1)], k: ["previous request", () => step(-1)],
    Enter: ["open the request", () => view.listed[view.place] && go(address("trace", {}, view.listed[view.place].trace_id))],
    f: ["fit the time to the requests", fit],
    S: ["select what is above the SLO, or the slowest 1 %", () => selectAbove(view.objective?.ns ?? nearP99(view))],
    P: ["select the slowest 1 % (whole cells)", () => selectAbove(nearP99(view))],
    "Shift+Arrows": ["in the heatmap: extend the selection; Enter selects", () => null],
    m: ["go to the heatmap", () => chart.focus()],
    a: ["go to what sets them apart", () => apart.querySelector("a")?.focus()],
    e: ["go to the annotations", () => events.querySelector("a")?.focus()],
    p: ["pause or resume", () => pause.button.click()],
    Escape: ["clear the selection", () => change(NOTHING)],
  }, signal);

  begin(parameters, first);
  look(parameters);
  setPaused(view.paused);
  requests();
  await refresh(asked);
  // the list takes the viewer long where much is stored, so it is asked for later, or when the choice is opened
  const list = () => {
    clearTimeout(timer);
    listing ??= listRuns(runs, signal).then(() => chooseRun(runs, field.value), () => { listing = null; });
  };
  let listing = null, timer = setTimeout(list, SETTLED_MS);
  for (const name of ["pointerenter", "focus"]) runs.addEventListener(name, list, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  subscribe(() => {
    if (document.hidden) return;
    if (view.failed || (!view.paused && !view.refused)) refresh();
    if (view.unlisted) requests();
  }, signal);
  return async (next) => {
    const changed = (...names) => names.some((name) => view.parameters.get(name) !== next.get(name));
    const window = changed("query", "minutes", "begin", "end"), cells = window || changed("from", "to", "low", "high");
    if (window) begin(next);
    look(next);
    if (cells) view.place = -1;
    draw();
    if (window) setPaused(view.paused);
    await Promise.all([window && refresh(), cells && requests()]);
  };
}

function columnsOf(parameters) {
  const [begin, end, minutes] = ["begin", "end", "minutes"].map((name) => Math.max(Number(parameters.get(name)), 0) || 0);
  const fixed = parameters.get("begin") && end > begin && end <= LATEST_MS, last = minutes && minutes <= LONGEST ? minutes : 15;
  const columns = new Columns({ span: fixed ? { begin, end } : last * MINUTE_MS, most: MOST, query: (parameters.get("query") ?? "").trim() });
  columns.takeOver(left);
  left = columns;
  return columns;
}
