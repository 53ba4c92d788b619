// The list of traces: live, or what a search finds, going on with a search until enough is found or everything was looked at.

import { el, link, put, table } from "../kit/dom.js";
import { ask } from "../kit/fetch.js";
import { clock, count, cut, duration } from "../kit/format.js";
import { keys } from "../kit/keys.js";
import { subscribe } from "../kit/live.js";
import { address, change, go } from "../kit/route.js";

const WANTED = 50;
const HELP = "service=… name~… duration>200ms status=error kind=server run=18df http.route=/predict, or a trace id";

export async function show(root, { parameters, signal }) {
  const field = el("input", { type: "search", "aria-label": "Search traces", placeholder: HELP, list: "fields", autocomplete: "off", spellcheck: "false" });
  const pause = el("button", { type: "button", "aria-pressed": "false" }, "Pause");
  const fields = el("datalist", { id: "fields" }), problem = el("p", { class_: "problem", role: "alert" });
  const list = el("div"), note = el("p", { class_: "note", role: "status" });
  const form = el("form", { role: "search" }, field, el("button", {}, "Search"), pause, fields);
  put(root, el("h1", {}, "Traces"), form, problem, list, note);
  const state = { query: parameters.get("query") ?? "", traces: [], before: null, searched: 0, selected: -1, paused: false, busy: null };
  field.value = state.query;

  const draw = () => {
    put(list, state.traces.length ? traceTable(state) : el("p", {}, state.busy ? "Searching…" : state.query
      ? "Nothing matches." : "No traces yet. labctl load sends requests."));
    put(note, [state.query ? `${count(state.searched)} spans searched` : `the latest ${state.traces.length}, as they arrive`,
      state.before && state.query && !state.busy ? el("button", { type: "button", onclick: () => search(true) }, "Search on") : null]
      .filter(Boolean).flatMap((part) => [part, " "]).reduce((all, part) => { all.append(part); return all; }, el("span")));
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  };

  const search = async (further = false) => {
    state.busy?.abort();
    const mine = state.busy = new AbortController();
    signal.addEventListener("abort", () => mine.abort());
    const wanted = further ? state.traces.length + WANTED : WANTED;
    let found = further ? state.traces : [], before = further ? state.before : null, searched = further ? state.searched : 0;
    try {
      do {
        const answer = await ask("page/traces", { query: state.query, before, limit: WANTED }, mine.signal);
        const known = new Set(found.map((trace) => trace.trace_id));
        found = [...found, ...answer.traces.filter((trace) => !known.has(trace.trace_id))];
        before = answer.before;
        searched += answer.searched;
        if (state.query) { Object.assign(state, { traces: found, before, searched }); draw(); }
      } while (state.query && before !== null && found.length < wanted);
      put(problem);
    } catch (error) {
      if (mine.signal.aborted) return;
      put(problem, error.message);
    }
    if (state.busy === mine) state.busy = null;
    Object.assign(state, { traces: found, before, searched });
    draw();
  };

  const setPaused = (paused) => {
    state.paused = paused;
    pause.setAttribute("aria-pressed", String(paused));
    put(pause, paused ? "Paused" : "Pause");
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    change({ query: field.value.trim() });
  });
  pause.addEventListener("click", () => setPaused(!state.paused));
  const move = (step) => {
    if (!state.query) setPaused(true);
    state.selected = Math.max(0, Math.min(state.traces.length - 1, state.selected + step));
    draw();
  };
  keys({
    j: ["next trace", () => move(1)], k: ["trace before", () => move(-1)],
    Enter: ["open the trace", () => state.traces[state.selected] && go(address("trace", {}, state.traces[state.selected].trace_id))],
    p: ["pause, go on", () => setPaused(!state.paused)],
  }, signal);

  let row = 0;
  subscribe(({ tick }) => {
    if (!tick) return;
    suggest(fields, tick);
    if (document.hidden || state.paused || state.query || state.busy || tick.last_row === row) return;
    row = tick.last_row;
    search();
  }, signal);
  await search();
  return (next) => {
    state.query = field.value = next.get("query") ?? "";
    state.selected = -1;
    search();
  };
}

function suggest(root, tick) {
  const services = Object.keys(tick.volume.traces ?? {}).slice(0, 30).map((service) => `service=${JSON.stringify(service)}`);
  const wanted = [...services, "status=error", "duration>500ms", "kind=server", "kind=client", "name~", "run="];
  if (root.childElementCount !== wanted.length) put(root, ...wanted.map((value) => el("option", { value })));
}

function traceTable({ traces, selected }) {
  return table([["Start"], ["Service", "wide"], ["Name", "text"], ["Duration", "number"], ["Spans", "number"], ["Errors", "number"]],
    traces.map((trace) => [clock(trace.start * 1000, true), cut(trace.service, 60),
      link(cut(trace.name || "(no name)", 120), address("trace", {}, trace.trace_id)),
      duration(trace.duration_ms * 1e6), count(trace.spans), el("span", { class_: trace.errors ? "bad" : "dim" }, count(trace.errors))]),
    (place) => (place === selected ? { "aria-selected": "true" } : {}));
}
