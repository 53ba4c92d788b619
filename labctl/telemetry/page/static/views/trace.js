// The waterfall of one trace: rows of the spans in view are drawn, everything else stays in typed arrays.

import { canvas } from "../kit/canvas.js";
import { el, link, put } from "../kit/dom.js";
import { download } from "../kit/download.js";
import { ask } from "../kit/fetch.js";
import { counted, cut, duration } from "../kit/format.js";
import { keys } from "../kit/keys.js";
import { persist } from "../kit/live.js";
import { back, change } from "../kit/route.js";
import { spansOf } from "../kit/spans.js";
import { treeOf } from "../kit/tree.js";
import { drawAxis, drawMap, drawRows, ROW } from "./waterfall-drawing.js";
import { dragOnMap } from "./minimap.js";
import { spanDetail } from "./span-detail.js";
import { lost } from "./losses.js";
import { comparing } from "./trace-compare.js";
import { notes } from "./trace-notes.js";

const TRACE = /^[0-9a-f]{32}$/i;
const NONE = { logs: [], events: [], exemplars: [], losses: null, span_id: "", spans: [] };
const AXIS = 18, SETTLED_MS = 300, MAP = 56, NEAR = 3, LEAST = 200, MOST_CLOSED = 50;       // whose ids are in the address

export async function show(root, { words, parameters, signal }) {
  const trace = words[0] ?? "";
  if (!TRACE.test(trace)) {
    put(root, el("h1", {}, "There is no such trace"), el("p", {}, "A trace id has 32 hex digits. ", link("Traces", "#/traces")));
    return null;
  }
  const path = `page/traces/${trace}`;
  const [answer, beside] = await Promise.all([ask(path, {}, signal), ask(`${path}/beside`, { span: parameters.get("span") }, signal).catch((error) => ({ ...NONE, problem: error.message }))]);
  signal.throwIfAborted();              // the view was left: another is in its place
  const { logs, losses } = beside;
  const data = spansOf(answer), tree = treeOf(data);
  const view = { data, tree, logs: logsBySpan(data, logs), logged: logs.length, events: new Map(), exemplars: [], first: beside, again: () => rows.again(), closed: new Set(), visible: null, selected: -1, hover: -1, from: 0, to: tree.duration || 1, top: 0, paint: null, match: null };
  const field = el("input", { type: "search", "aria-label": "Find spans by name or service", placeholder: "find spans by name or service", spellcheck: "false" });
  const found = el("span", { class_: "note", role: "status" }), said = el("span", { class_: "unseen", role: "status" });
  const saved = () => download({ trace: answer.trace_id }).then(() => put(found, `Saving trace-${data.trace_id}.json (${counted(tree.size, "span")}).`), (error) => put(found, error.message));
  const bar = el("form", { role: "search" }, field, found, el("button", { type: "button", onclick: () => zoom(0, tree.duration) }, "Whole trace"),
    el("button", { type: "button", onclick: saved }, "Download"));
  const map = el("div", { class_: "chart" });
  const scale = el("div", { class_: "chart" }), spacer = el("div"), fall = el("div", { class_: "fall", tabindex: 0, role: "group", "aria-label": "Waterfall: j and k move, h and l collapse and expand" });
  const detail = el("section", { class_: "detail", "aria-label": "Span" });
  put(root, el("h1", {}, `${cut(nameOf(data, tree.order[0]), 120)} `, el("span", { class_: "dim mono" }, data.trace_id)),
    el("p", { class_: "note" }, ...notes(data, tree, beside.problem ? null : logs)), beside.problem ? el("p", { class_: "problem", role: "alert" }, `Logs, events and exemplars of this trace are not shown. ${beside.problem}`) : null, lost(losses) ? el("p", { class_: "warn" }, `The run of this trace ${lost(losses)}: some may belong to this trace.`) : null, bar, comparing(data.trace_id, signal), map, el("div", { class_: "split" }, el("div", {}, scale, fall, said, el("p", { class_: "note" }, "Line under a bar: the critical path. ◆ event, ● log record, ✗ failed.")), detail));

  const overview = canvas(map, MAP, "All spans of the trace over time", (context, width, tall) => drawMap(context, width, tall, view), signal);
  const axis = canvas(scale, AXIS, "", (context, width) => drawAxis(context, width, view), signal);
  axis.element.setAttribute("aria-hidden", "true");
  const rows = canvas(fall, () => fall.clientHeight, "Spans", (context, width, tall) => { view.top = fall.scrollTop; drawRows(context, width, tall, view); }, signal);
  fall.append(spacer);
  const layout = () => {
    view.visible = visibleRows(view);
    fall.style.height = `${Math.max(view.visible.length * ROW + 4, LEAST)}px`;
    spacer.style.height = `${Math.max(view.visible.length * ROW - fall.clientHeight, 0)}px`;
    rows.again();
  };
  const zoom = (from, to) => {
    const least = Math.max(tree.duration / 1e6, 100);
    view.from = Math.max(0, Math.min(from, tree.duration - least));
    view.to = Math.min(tree.duration || 1, Math.max(to, view.from + least));
    rows.again();
    axis.again();
    overview.again();
    kept();
  };
  // the part in view, what was searched and what is collapsed are in the address, once they stay
  let timer = 0;
  const kept = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (signal.aborted) return;
      const all = view.from <= 0 && view.to >= tree.duration;
      change({ from: all ? "" : Math.round(view.from), to: all ? "" : Math.round(view.to), find: field.value.trim(),
        closed: [...view.closed].slice(0, MOST_CLOSED).map(idOf).join(".") }, { replace: true });
    }, SETTLED_MS);
  };
  const idOf = (at) => data.span_ids.slice(at * 16, at * 16 + 16);
  const reveal = (at) => {
    let opened = false;
    for (let above = tree.parent[at], steps = 0; above >= 0 && steps < tree.size; above = tree.parent[above], steps += 1) opened = view.closed.delete(above) || opened;
    if (!opened) return;
    layout();
    kept();
  };
  const select = (at, { keep = true } = {}) => {
    view.selected = at;
    if (view.closed.size) reveal(at);
    const row = view.visible.indexOf(at), top = row * ROW;
    if (row >= 0 && (top < fall.scrollTop + ROW || top > fall.scrollTop + fall.clientHeight - NEAR * ROW)) fall.scrollTop = top - fall.clientHeight / 2;
    rows.again();
    if (keep) {
      change({ span: idOf(at) }, { replace: true });
      put(said, `${cut(nameOf(data, at), 80)}, ${cut(data.origins_table[data.origins[at]][0], 40)}, ${duration(tree.durations[at])}${data.errors[at] ? ", failed" : ""}, level ${tree.depth[at] + 1}, ${row + 1} of ${view.visible.length}`);
    }
    spanDetail(detail, view, at, signal);
  };
  const step = (by) => {
    const row = view.visible.indexOf(view.selected);
    const next = view.visible[Math.max(0, Math.min(view.visible.length - 1, row + by))];
    if (next !== undefined) select(next);
  };
  const open = (at, opened) => {
    const has = tree.children.first[at + 1] > tree.children.first[at];
    if (!opened && (view.closed.has(at) || !has)) {
      if (tree.parent[at] >= 0) select(tree.parent[at]);
      return;
    }
    if (opened && !view.closed.has(at)) { if (has) step(1); return; }
    view.closed[opened ? "delete" : "add"](at);
    layout();
    kept();
  };

  fall.addEventListener("scroll", () => rows.again(), { passive: true });
  fall.addEventListener("click", (event) => {
    const at = rowAt(event);
    if (at === undefined) return;
    if (event.clientX - fall.getBoundingClientRect().left < view.caret(at)) open(at, view.closed.has(at));
    select(at);
  });
  const rowAt = (event) => view.visible[Math.floor((event.clientY - fall.getBoundingClientRect().top + fall.scrollTop) / ROW)];
  fall.addEventListener("pointermove", (event) => { view.hover = rowAt(event) ?? -1; rows.again(); });
  fall.addEventListener("pointerleave", () => { view.hover = -1; rows.again(); });
  fall.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    around(event.deltaY > 0 ? 1.25 : 0.8);
  }, { passive: false });
  const around = (factor) => {
    const middle = view.selected >= 0 ? tree.starts[view.selected] + tree.durations[view.selected] / 2 : (view.from + view.to) / 2;
    const at = Math.min(Math.max(middle, view.from), view.to), width = (view.to - view.from) * factor, share = (at - view.from) / (view.to - view.from);
    zoom(at - width * share, at + width * (1 - share));
  };
  dragOnMap(map, overview, view, zoom);
  const find = () => {
    const wanted = field.value.trim().toLowerCase();
    view.match = wanted ? data.origins_table.map(([service, name]) => `${service} ${name}`.toLowerCase().includes(wanted)) : null;
    const hits = view.match ? data.origins.reduce((total, origin) => total + view.match[origin], 0) : 0;
    put(found, wanted ? counted(hits, "span") : "");
    rows.again();
    overview.again();
  };
  field.addEventListener("input", () => { find(); kept(); });
  bar.addEventListener("submit", (event) => {
    event.preventDefault();
    field.blur();
    next(1);
  });
  const next = (by) => {
    if (!view.match) return;
    const { order, size } = tree, begin = order.indexOf(view.selected);
    for (let at = 1; at <= size; at += 1) {
      const candidate = order[(((begin + by * at) % size) + size) % size];
      if (view.match[data.origins[candidate]]) { select(candidate); return; }
    }
  };
  keys({
    j: ["next span", () => step(1)], k: ["previous span", () => step(-1)],
    l: ["expand, or go to the first child", () => open(Math.max(view.selected, 0), true)], h: ["collapse, or go to the parent", () => open(Math.max(view.selected, 0), false)],
    n: ["next match", () => next(1)], N: ["previous match", () => next(-1)],
    "+": ["zoom in on the span", () => around(0.5)], "-": ["zoom out", () => around(2)], 0: ["whole trace", () => zoom(0, tree.duration)],
    s: ["span with the longest self time", () => select(tree.self.reduce((best, value, at) => (value > tree.self[best] ? at : best), 0))],
    Escape: ["back to the list", () => back("#/traces")],
  }, signal);

  const restore = (from) => {
    view.closed = new Set((from.get("closed") ?? "").split(".").map((id) => data.ids.indexOfHex(id)).filter((at) => at >= 0));
    layout();
    const [begin, end] = ["from", "to"].map((name) => Number(from.get(name)));
    if (end > begin && begin >= 0) zoom(begin, end);
    else zoom(0, tree.duration);
    field.value = from.get("find") ?? "";
    find();
    const wanted = data.ids.indexOfHex(from.get("span")), at = wanted >= 0 ? wanted : tree.order[0];
    if (at !== view.selected) select(at, { keep: false });
    else reveal(at);
  };
  new ResizeObserver(layout).observe(fall);
  mark(view, beside);
  if (!beside.events) view.marked = ask(`${path}/events`, {}, signal).then((found) => mark(view, found), () => null);
  restore(parameters);
  if (beside.problem) persist(() => ask(`${path}/beside`, {}, signal).then(() => dispatchEvent(new Event("again"))), () => null, signal);
  return restore;
}

export const nameOf = (data, at) => data.origins_table[data.origins[at]]?.[1] || "(no name)";

function visibleRows({ tree, closed }) {
  if (!closed.size) return tree.order;
  const found = [];
  for (let row = 0; row < tree.size;) {
    const at = tree.order[row];
    found.push(at);
    row = closed.has(at) ? tree.end[row] : row + 1;
  }
  return Int32Array.from(found);
}

function logsBySpan(data, logs) {
  const found = new Map();
  for (const one of logs) {
    const span = data.ids.indexOfHex(one.span_id);
    if (span >= 0) found.set(span, [...(found.get(span) ?? []), { ...one, at: (one.time - data.start) * 1e9 }]);
  }
  return found;
}

// what is drawn beside the spans once it is there: ns of events after their span's begin; values of metrics that are its exemplars
function mark(view, { events, exemplars = view.exemplars }) {
  for (const [id, after] of events ?? []) {
    const at = view.data.ids.indexOfHex(id);
    if (!view.events.has(at)) view.events.set(at, []);
    view.events.get(at).push(after);
  }
  view.exemplars = exemplars;
  view.again();
}
