// The list of traces: live, also of a search; a search goes on until enough is found or everything was looked at.

import { completing, tell } from "../kit/completion.js";
import { el, link, put, renew, renewTable, rowOf, table } from "../kit/dom.js";
import { arrived, ask, passing, within } from "../kit/fetch.js";
import { clock, count, counted, cut, day, duration } from "../kit/format.js";
import { keys } from "../kit/keys.js";
import { ofLab, subscribe } from "../kit/live.js";
import { pausing } from "../kit/pause.js";
import { narrowed, quoted } from "../kit/query.js";
import { address, change, go } from "../kit/route.js";
import { services } from "../kit/services.js";
import { choose } from "../kit/upload.js";
import { helpOnQueries } from "./query-help.js";

const WANTED = 50, MOST = 1000, MOST_NAME = 400;
// what a click on a heading sorts by, the largest first
const SORTS = { start: ({ start }) => start, duration: ({ duration_ms: took }) => took, spans: ({ spans }) => spans, errors: ({ errors }) => errors };
const TRACE = /^[0-9a-f]{32}$/i;

export async function show(root, { parameters, signal }) {
  const problem = el("p", { class_: "problem", role: "alert" });
  const field = el("input", { type: "text", id: "query", "aria-label": "Search traces", placeholder: "service=… duration>200ms status=error, a name, or a trace id" });
  const combo = completing(field, problem, signal);
  const service = el("select", { "aria-label": "Service" }), pause = pausing();
  const list = el("div"), note = el("p", { class_: "note", role: "status" }), progress = el("div", { class_: "bar" });
  const form = el("form", { role: "search" }, combo.element, el("button", {}, "Search"), service, pause.button, pause.note,
    el("button", { type: "button", onclick: choose }, "Load a file…"));
  put(root, el("h1", {}, "Traces"), form, problem, helpOnQueries(), progress, list, note);
  const state = { query: "", service: "", traces: [], before: null, newest: 0, searched: 0, left: 0, selected: -1, paused: false, since: null, row: 0, busy: null, marked: "", unknown: [], sort: "", read: false, cut: false, failed: "" };

  const draw = () => {
    if (state.traces.length) drawList();
    else put(list, problem.textContent ? null : el("p", {}, state.busy ? "Searching…" : state.query || state.service
      ? el("span", {}, "Nothing matches. ", ...state.unknown) : `No traces yet.${ofLab(" labctl load sends requests.")}`));
    renew(note, state.traces.length >= MOST ? `The first ${count(MOST)} traces are listed. ` : "",
      state.marked ? `Trace ${state.marked.slice(0, 8)} is marked. Mark another one to compare them.` : "");
    put(progress, ...problem.textContent && !state.traces.length ? [] : progressOf(state, () => search(true), () => { state.busy?.abort(); state.busy = null; draw(); }));
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  };
  // the rows by trace: what is drawn again is mostly the same
  let rows = new Map();
  const drawList = () => {
    const today = day(Date.now()), shown = listed(state);
    rows = new Map(shown.map((trace) => {
      const had = rows.get(trace.trace_id), marked = trace.trace_id === state.marked;
      return [trace.trace_id, had?.of === trace && had.marked === marked && had.today === today ? had : { of: trace, marked, today, row: row(trace, marked) }];
    }));
    renewTable(list, table(columns(state), [], undefined, "Traces"), [...rows.values()].map(({ row: one }) => one));
    for (const one of list.querySelector("tbody").rows) select(one, one.dataset.key === shown[state.selected]?.trace_id);
  };
  const page = (more, mine) => ask("page/traces", { query: state.query, service: state.service, limit: WANTED, ...more }, mine.signal);

  const search = async (further = false) => {
    state.busy?.abort();
    const mine = state.busy = within(signal);
    put(problem);
    Object.assign(state, { unknown: [], failed: "" });
    if (!further) Object.assign(state, { traces: [], before: null });
    if (!further || state.cut) Object.assign(state, { searched: 0, left: 0, cut: false });
    const wanted = Math.min(state.traces.length + WANTED, MOST);
    try {
      do {
        const answer = await page({ before: state.before }, mine);
        if (mine.signal.aborted) return;
        if (state.before === null) state.newest = answer.newest;
        Object.assign(state, { traces: joined(state.traces, answer.traces), before: answer.before, searched: state.searched + answer.searched, left: answer.left });
        draw();
      } while (state.before !== null && state.traces.length < wanted);
      if (!state.traces.length && state.query) state.unknown = unknownKeys(await ask("page/unknown", { query: state.query }, mine.signal), state.query);
    } catch (error) {
      if (mine.signal.aborted) return;
      if (!further) Object.assign(state, { traces: [], failed: passing(error) ? "for now" : "for good" });
      tell(problem, state.query, error.said?.title ? { ...error.said, title: error.message } : { title: error.message });
    }
    if (state.busy === mine) state.busy = null;
    draw();
  };
  // what has arrived since, so that also a search that looks far is live
  const news = async () => {
    const mine = state.busy = within(signal);
    const answer = await arrived((more) => page(more, mine), "traces", state.newest, WANTED).catch(() => null);
    if (state.busy === mine) state.busy = null;
    if (!answer || mine.signal.aborted) return;
    if (answer.newest < state.newest) { search(); return; }       // of another store, whose rows begin anew
    state.newest = answer.newest;
    const told = Boolean(problem.textContent);
    put(problem);                       // of a search that went no further
    if (!answer.items.length && !told) return;
    const held = listed(state)[state.selected]?.trace_id, found = joined([], answer.items);
    if (answer.before !== null) Object.assign(state, { traces: found, before: answer.before, searched: answer.searched, left: answer.left + state.searched + state.left, cut: false });
    else {
      const all = joined(found, state.traces);
      state.traces = all.slice(0, Math.max(WANTED, state.traces.length));
      // a search that goes further looks again for those that are let go here
      if (state.traces.length < all.length) Object.assign(state, { before: answer.newest, cut: true });
      else state.searched += answer.searched;
    }
    state.selected = listed(state).findIndex(({ trace_id: one }) => one === held);
    draw();
  };

  const setPaused = (paused) => {
    Object.assign(state, { paused, since: state.row || null });
    pause.show(paused ? "paused" : "");
    if (!paused && !state.busy) news();
  };
  const submit = (more = {}) => {
    const query = field.value.trim();
    if (TRACE.test(query)) go(address("trace", {}, query));
    else change({ query, service: service.value, ...more });
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); combo.close(); submit(); });
  service.addEventListener("change", () => submit());
  pause.button.addEventListener("click", () => setPaused(!state.paused));
  list.addEventListener("click", (event) => {
    const marked = event.target.closest("input[data-mark]");
    if (marked) { if (!state.paused) setPaused(true); mark(marked.dataset.mark); return; }
    const by = event.target.closest("button[data-sort]")?.dataset.sort;
    if (by) {
      change({ sort: by === state.sort ? "" : by });
      return;
    }
    const name = event.target.closest("button[data-hide]")?.dataset.hide;
    if (name === undefined) return;
    field.value = narrowed(state.query, `root!=${quoted(name)}`);
    submit();
  });
  const move = (step) => {
    if (!state.traces.length) return;
    if (!state.paused) setPaused(true);
    state.selected = Math.max(0, Math.min(state.traces.length - 1, state.selected + step));
    draw();
  };
  const mark = (trace = listed(state)[state.selected]?.trace_id) => {
    if (!trace) return;
    if (state.marked && state.marked !== trace) { go(address("compare", { traces: `${state.marked},${trace}` })); return; }
    state.marked = state.marked ? "" : trace;
    change({ marked: state.marked }, { replace: true });
    draw();
  };
  keys({
    j: ["next trace", () => move(1)], k: ["previous trace", () => move(-1)],
    Enter: ["open the trace", () => listed(state)[state.selected] && go(address("trace", {}, listed(state)[state.selected].trace_id))],
    x: ["hide traces of this name", () => list.querySelector("[aria-selected=true] button[data-hide]")?.click()],
    c: ["mark the trace, or compare it with the marked one", () => mark()],
    p: ["pause or resume", () => setPaused(!state.paused)],
  }, signal);

  subscribe(({ tick, lost }) => {
    if (!tick || lost) return;
    services(service, tick, state.service);
    state.row = tick.last_row;
    state.since ??= tick.last_row;
    if (state.paused) pause.show(`paused, ${counted(Math.max(0, tick.last_row - state.since), "new span")}`);
    if (document.hidden || state.busy || !state.read) return;
    if (state.failed === "for now") search();
    else if (!state.paused && !state.failed && tick.last_row !== state.newest) news();
  }, signal);
  const read = (from) => {
    const asked = { query: from.get("query") ?? "", service: from.get("service") ?? "" }, same = state.read && asked.query === state.query && asked.service === state.service, marked = from.get("marked") ?? "";
    Object.assign(state, asked, { sort: Object.hasOwn(SORTS, from.get("sort")) ? from.get("sort") : "", marked: TRACE.test(marked) ? marked : "", selected: -1, read: true });
    field.value = state.query;
    services(service, null, state.service);
    return same ? draw() : search();
  };
  await read(parameters);
  return read;
}

// each once, where it stands first
const joined = (first, second) => {
  const known = new Set();
  return [...first, ...second].filter(({ trace_id: one }) => !known.has(one) && known.add(one));
};

// for a search that has found nothing: keys that no span has, and the most similar ones
function unknownKeys({ keys, spans, all }, query) {
  return keys.map(({ key, begin, end, nearest }) => el("span", {}, all ? "No stored span has an attribute " : `None of ${count(spans)} spans searched has an attribute `, el("code", {}, cut(key, 100)), ". ",
    ...nearest ? ["Did you mean ", link(cut(nearest, 100), address("traces", { query: replaced(query, begin, end, key, nearest) }), { class_: "underlined" }), "? "] : []));
}

// characters, not code units
function replaced(query, begin, end, key, nearest) {
  const each = [...query], word = each.slice(begin, end).join("");
  return `${each.slice(0, begin).join("")}${word.replace(key, () => nearest)}${each.slice(end).join("")}`;
}

function progressOf({ query, service, traces, before, searched, left, busy, sort }, on, stop) {
  const sorted = SORTS[sort] && traces.length ? `, these sorted by ${sort}` : "";
  if (!query && !service) return [el("span", { class_: "dim" }, `the latest ${count(traces.length)}${sorted}`)];
  const text = `${count(traces.length)} trace${traces.length === 1 ? "" : "s"} in ${left ? `${count(searched)} of ${counted(searched + left, "span")}` : counted(searched, "span")} searched${sorted}`;
  return [left ? el("progress", { max: searched + left, value: searched, "aria-label": "Searched" }) : null, el("span", { class_: "dim" }, text),
    busy && before !== null ? el("button", { type: "button", onclick: stop }, "Stop") : null,
    !busy && before !== null && traces.length < MOST ? el("button", { type: "button", onclick: on }, "Search further") : null].filter(Boolean);
}

// in the order of their arrival, or sorted by a column
const listed = ({ traces, sort }) => (SORTS[sort] ? [...traces].sort((a, b) => SORTS[sort](b) - SORTS[sort](a)) : traces);

function columns({ sort }) {
  const by = (name, title) => el("button", { type: "button", class_: "sort", "data-sort": name, "aria-pressed": String(sort === name), title: "Sort the listed traces" }, title, el("span", { "aria-hidden": "true" }, sort === name ? " ▾" : ""));
  return [["Mark"], [by("start", "Start"), "time"], ["Service", "wide"], ["Name", "text"], [by("duration", "Duration"), "number"], [by("spans", "Spans"), "number wide"], [by("errors", "Errors"), "number wide"], ["Hide", "wide"]];
}

const CLASSES = columns({});

const rootless = () => el("span", { class_: "warn", title: "No root span of this trace is stored: spans were lost, or have not arrived yet. The name and service are those of its first span." }, " no root");

const row = (trace, marked) => rowOf(CLASSES, [el("input", { type: "checkbox", "data-mark": trace.trace_id, checked: marked, "aria-label": `Compare ${trace.trace_id.slice(0, 8)}` }), clock(trace.start * 1000, true), cut(trace.service, 60),
  el("span", {}, link(cut(trace.name || "(no name)", 120), address("trace", {}, trace.trace_id)), trace.root ? "" : rootless(), marked ? el("b", {}, " ◆ marked") : "",
    trace.errors ? el("span", { class_: "bad narrow" }, counted(trace.errors, "error")) : ""),
  duration(trace.duration_ms * 1e6), count(trace.spans), el("span", { class_: trace.errors ? "bad" : "dim" }, count(trace.errors)),
  trace.name.length > MOST_NAME ? "" : el("button", { type: "button", class_: "small", "data-hide": trace.name, title: "Hide traces of this name", "aria-label": `Hide traces named ${cut(trace.name, 60)}` }, "this name")],
{ "data-key": trace.trace_id });

function select(row, selected) {
  if (selected) row.setAttribute("aria-selected", "true");
  else row.removeAttribute("aria-selected");
}
