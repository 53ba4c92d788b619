// Log records as they arrive, or what is searched for, with the way to their traces.

import { el, link, put } from "../kit/dom.js";
import { ask } from "../kit/fetch.js";
import { clock, count, cut } from "../kit/format.js";
import { keys } from "../kit/keys.js";
import { subscribe, sum } from "../kit/live.js";
import { address, change } from "../kit/route.js";

const WANTED = 200, LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"];
const FILTERS = ["text", "level", "service", "trace_id"];

export async function show(root, { parameters, signal }) {
  const field = el("input", { type: "search", "aria-label": "Text that records contain", placeholder: "text that records contain", spellcheck: "false" });
  const level = el("select", { "aria-label": "Least severity" }, el("option", { value: "" }, "every severity"),
    ...LEVELS.slice(1).map((name) => el("option", { value: name }, `${name} and above`)));
  const pause = el("button", { type: "button", "aria-pressed": "false" }, "Pause");
  const form = el("form", { role: "search" }, field, level, el("button", {}, "Search"), pause);
  const problem = el("p", { class_: "problem", role: "alert" }), list = el("ol", { class_: "records", tabindex: 0, "aria-label": "Log records" });
  const note = el("p", { class_: "note", role: "status" });
  put(root, el("h1", {}, "Logs"), form, problem, note, list);
  const state = { logs: [], before: null, searched: 0, paused: false, busy: null, filters: {} };

  const read = (from) => {
    state.filters = Object.fromEntries(FILTERS.map((name) => [name, from.get(name) ?? ""]));
    field.value = state.filters.text;
    level.value = state.filters.level;
  };
  const draw = () => {
    put(list, ...state.logs.map(record));
    const only = ["service", "trace_id"].filter((name) => state.filters[name]);
    put(note, state.logs.length ? `the latest ${count(state.logs.length)}, newest first; ${count(state.searched)} searched ` : state.busy ? "Searching… "
      : FILTERS.some((name) => state.filters[name]) ? "Nothing matches. " : "No log records yet. ",
    ...only.map((name) => el("button", { type: "button", onclick: () => change({ [name]: "" }) }, `${cut(`${name} ${state.filters[name]}`, 60)} ✕`)),
    state.before !== null && !state.busy ? el("button", { type: "button", onclick: () => search(true) }, "Older") : null);
  };
  const search = async (further = false) => {
    state.busy?.abort();
    const mine = state.busy = new AbortController();
    signal.addEventListener("abort", () => mine.abort());
    let found = further ? state.logs : [], before = further ? state.before : null, searched = further ? state.searched : 0;
    const wanted = found.length + WANTED;
    try {
      do {
        const answer = await ask("page/logs", { ...state.filters, before, limit: WANTED }, mine.signal);
        found = [...found, ...answer.logs];
        before = answer.before;
        searched += answer.searched;
      } while (before !== null && found.length < wanted);
      put(problem);
    } catch (error) {
      if (mine.signal.aborted) return;
      put(problem, error.message);
    }
    if (state.busy === mine) state.busy = null;
    Object.assign(state, { logs: found, before, searched });
    draw();
  };
  const setPaused = (paused) => {
    state.paused = paused;
    pause.setAttribute("aria-pressed", String(paused));
    put(pause, paused ? "Paused" : "Pause");
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); change({ text: field.value, level: level.value }); });
  level.addEventListener("change", () => change({ text: field.value, level: level.value }));
  pause.addEventListener("click", () => setPaused(!state.paused));
  keys({
    j: ["on", () => list.scrollBy(0, 60)], k: ["back", () => list.scrollBy(0, -60)], p: ["pause, go on", () => setPaused(!state.paused)],
    Escape: ["every record", () => change(Object.fromEntries(FILTERS.map((name) => [name, ""])))],
  }, signal);
  let seen = -1;
  subscribe(({ tick }) => {
    if (!tick) return;
    const all = Object.entries(tick.accepted).filter(([key]) => key.startsWith("logs.")).reduce((total, [, items]) => total + items, 0) + sum(tick.duplicates);
    // a search that looked far is not made again every second
    if (document.hidden || state.paused || state.busy || all === seen || state.searched > 50000 || list.scrollTop > 0) return;
    seen = all;
    search();
  }, signal);
  read(parameters);
  await search();
  return (next) => { read(next); search(); };
}

const tone = (severity) => (/^(error|fatal|crit|alert|emerg|panic)/i.test(severity) ? "bad" : /^warn/i.test(severity) ? "warn" : "dim");

function record(one) {
  return el("li", {}, el("span", { class_: "dim" }, clock(one.time * 1000, true)), " ", el("b", { class_: tone(one.severity) }, one.severity || "–"), " ",
    link(cut(one.service, 40), address("logs", { service: one.service })), " ", el("span", { class_: "body" }, cut(one.body, 2000)), " ",
    one.trace_id ? link("trace", address("trace", { span: one.span_id }, one.trace_id), { "aria-label": `trace ${one.trace_id}` }) : null);
}
