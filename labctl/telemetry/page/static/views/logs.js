// Log records as they arrive, or what is searched for; older ones are read while scrolling, and each opens to all it has.

import { el, link, put, renewRows } from "../kit/dom.js";
import { arrived, ask, passing, within } from "../kit/fetch.js";
import { clock, count, counted, cut, moment } from "../kit/format.js";
import { keys } from "../kit/keys.js";
import { ofLab, subscribe } from "../kit/live.js";
import { pausing } from "../kit/pause.js";
import { address, change, go } from "../kit/route.js";
import { services } from "../kit/services.js";
import { facts, section } from "../kit/values.js";

const WANTED = 200, MOST = 600, NEAR = 300, LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"];
const FILTERS = ["text", "level", "service", "trace_id", "span_id", "until"];
const RECORD = /^\d{1,15}$/;
const WRITTEN = /^(?:(\d{4}-\d\d-\d\d)(?:[ T](?=\d)|$))?(?:(\d\d):(\d\d)(?::(\d\d))?)?$/;

export async function show(root, { parameters, signal }) {
  const field = el("input", { type: "search", "aria-label": "Search the text of log records", placeholder: "search log text", spellcheck: "false" });
  const level = el("select", { "aria-label": "Minimum severity" }, el("option", { value: "" }, "all severities"), ...LEVELS.slice(1).map((name) => el("option", { value: name }, `${name} and above`)));
  const service = el("select", { "aria-label": "Service" });
  const until = el("input", { type: "text", id: "until", class_: "moment", placeholder: "2026-11-26 17:02:09", autocomplete: "off", spellcheck: "false" });
  const pause = pausing();
  const form = el("form", { role: "search" }, field, service, level, el("label", { for: "until" }, "until"), until, el("button", {}, "Search"), pause.button, pause.note);
  const problem = el("p", { class_: "problem", role: "alert" }), note = el("p", { class_: "note" }), said = el("span", { class_: "unseen", role: "status" });
  const list = el("ol", { class_: "records", tabindex: 0, "aria-label": "Log records" }), detail = el("section", { class_: "detail", "aria-label": "Log record", hidden: true });
  const split = el("div", {}, list, detail);
  put(root, el("h1", {}, "Logs"), form, problem, note, said, split);
  const state = { logs: [], before: null, newest: 0, searched: 0, left: 0, paused: false, unseen: 0, dropped: false, busy: null, filters: {}, record: "", total: -1, stale: false, failed: false };

  const drawNote = () => {
    const only = ["service", "trace_id", "span_id"].filter((name) => state.filters[name]);
    const parts = state.logs.length ? `${counted(state.logs.length, "record")}, newest first; ${count(state.searched)} searched${state.left ? ` of ${count(state.searched + state.left)}` : ""} `
      : state.busy ? "Searching… " : state.failed ? "" : FILTERS.some((name) => state.filters[name]) ? "Nothing matches. " : `No log records yet.${ofLab(" labctl load sends requests.")} `;
    put(note, parts, ...only.map((name) => filter(name, cut(`${name.replace("_", " ")} ${state.filters[name]}`, 60))),
      state.before !== null && !state.busy ? el("button", { type: "button", onclick: () => search(true) }, "Older") : null,
      state.dropped || state.filters.until ? el("button", { type: "button", onclick: newest }, "Newest") : null);
    pause.show(state.paused ? `paused, ${counted(state.unseen, "new record")}` : "");
  };
  const draw = () => { renewRows(list, state.logs.map((one) => row(one, state.record))); drawNote(); };
  const newest = () => {
    state.stale = false;
    setPaused(false);
    list.scrollTop = 0;
    if (state.filters.until) change({ until: "" });
    else search();
  };
  const started = () => {
    state.busy?.abort();
    const mine = state.busy = within(signal);
    return mine;
  };
  const search = async (further = false) => {
    const mine = started();
    state.failed = false;
    if (!further) Object.assign(state, { before: null, searched: 0, left: 0, dropped: false, unseen: 0, stale: false });
    let found = further ? state.logs : [];
    const wanted = found.length + WANTED;
    try {
      do {
        const answer = await ask("page/logs", { ...state.filters, before: state.before, limit: WANTED }, mine.signal);
        if (state.before === null) state.newest = answer.newest;
        found = [...found, ...answer.logs];
        Object.assign(state, { before: answer.before, searched: state.searched + answer.searched, left: answer.left });
        if (state.before !== null && found.length < wanted) { Object.assign(state, { logs: found }); drawNote(); }
      } while (state.before !== null && found.length < wanted);
      put(problem);
    } catch (error) {
      if (mine.signal.aborted) return;
      state.failed = passing(error) && !further;
      put(problem, error.message);
    }
    if (state.busy === mine) state.busy = null;
    // the newest are let go where there are too many to look at; the place that is read stays where it is
    state.dropped = state.dropped || found.length > MOST;
    state.logs = found.slice(-MOST);
    draw();
    if (!state.busy) put(said, state.logs.length ? counted(state.logs.length, "record") : note.textContent);
    if (further) requestAnimationFrame(more);        // what was scrolled meanwhile
  };
  const more = () => {
    if (state.before !== null && !state.busy && list.scrollTop > 0 && list.scrollTop + list.clientHeight > list.scrollHeight - NEAR) search(true);
  };
  // what has arrived since; of a flood its newest
  const news = async () => {
    const mine = started();
    state.stale = false;
    const answer = await arrived((more) => ask("page/logs", { ...state.filters, ...more, limit: WANTED }, mine.signal), "logs", state.newest, WANTED).catch(() => null);
    if (state.busy === mine) state.busy = null;
    if (!answer || mine.signal.aborted) { state.stale = true; return; }
    if (answer.newest < state.newest) { search(); return; }       // of another store, whose rows begin anew
    Object.assign(state, { newest: answer.newest, unseen: 0 });
    if (!until.hasAttribute("aria-invalid")) put(problem);        // of older records that did not come
    if (!answer.items.length) return;
    const all = answer.before === null ? [...answer.items, ...state.logs] : answer.items;
    if (answer.before !== null) Object.assign(state, { before: answer.before, searched: answer.searched, left: answer.left + state.searched + state.left });
    else state.searched += answer.searched;
    state.logs = all.slice(0, WANTED);
    if (all.length > WANTED) state.before = state.logs.at(-1).row - 1;
    draw();
  };
  const catchUp = () => {
    if (state.failed && !state.busy && !document.hidden) search();
    if (!state.stale || document.hidden || state.busy || state.paused || state.filters.until || list.scrollTop > 0) return;
    if (state.dropped) search();        // what is listed lacks its newest
    else news();
  };
  const setPaused = (paused) => {
    state.paused = paused;
    if (!paused) state.unseen = 0;
    drawNote();
    if (!paused) catchUp();
  };
  const open = async (id) => {
    state.record = id;
    for (const one of list.children) one.toggleAttribute("data-open", one.dataset.key === id);
    detail.hidden = !id;
    split.className = id ? "split" : "";
    if (!id) return;
    try {
      const path = `page/logs/${encodeURIComponent(id)}`, one = await ask(path, {}, signal);
      if (state.record === id) put(detail, ...all(one, () => ask(path, { whole: 1 }, signal)));
    } catch (error) {
      if (!signal.aborted) put(detail, el("p", { class_: "problem" }, error.message));
    }
  };
  const step = (by) => {
    const at = state.logs.findIndex((one) => String(one.row) === state.record), next = state.logs[Math.max(0, Math.min(state.logs.length - 1, at + by))];
    if (!next) return;
    setPaused(true);
    change({ record: next.row }, { replace: true });
    open(String(next.row));
    list.querySelector("[data-open]")?.scrollIntoView({ block: "nearest" });
  };
  const submit = () => {
    const kept = state.filters.until, time = until.value === local(kept) ? kept : untilOf(until.value.trim());
    until.toggleAttribute("aria-invalid", time === null);
    if (time === null) put(problem, "Expected a date and a time, such as 2026-11-26 17:02:09; without a date, today is meant.");
    else change({ text: field.value, service: service.value, level: level.value, until: time, record: "" });
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  level.addEventListener("change", submit);
  service.addEventListener("change", submit);
  until.addEventListener("change", submit);
  pause.button.addEventListener("click", () => setPaused(!state.paused));
  list.addEventListener("click", (event) => {
    const one = event.target.closest("li");
    if (!one || event.target.closest("a") || getSelection().toString()) return;
    setPaused(true);
    change({ record: one.dataset.key === state.record ? "" : one.dataset.key });
  });
  list.addEventListener("scroll", more, { passive: true });
  keys({
    j: ["open the next record", () => step(1)], k: ["open the previous record", () => step(-1)], p: ["pause or resume", () => setPaused(!state.paused)],
    Enter: ["go to the record's span", () => { const one = state.logs.find(({ row: id }) => String(id) === state.record); if (one?.trace_id) go(spanOf(one)); }],
    Home: ["go to the newest record", newest],
    Escape: ["close the record, or else clear the search", () => change(state.record ? { record: "" } : Object.fromEntries(FILTERS.map((name) => [name, ""])))],
  }, signal);

  subscribe(({ tick, lost }) => {
    if (!tick || lost) return;
    services(service, tick, state.filters.service ?? "");
    const all = tick.last_log, before = state.total;
    state.total = all;
    if (before < 0) state.stale = all !== state.newest;           // what came between the list and this first tick
    else if (all !== before) {
      state.stale = true;
      if (state.paused || list.scrollTop > 0) state.unseen += Math.max(0, all - before);
      if (state.paused) drawNote();
    }
    catchUp();
  }, signal);
  const read = (from) => {
    const filters = Object.fromEntries(FILTERS.map((name) => [name, from.get(name) ?? ""])), same = JSON.stringify(filters) === JSON.stringify(state.filters);
    state.filters = filters;
    field.value = filters.text;
    level.value = filters.level;
    until.value = local(filters.until);
    services(service, null, filters.service);
    const record = from.get("record") ?? "", opened = open(RECORD.test(record) ? record : "");
    return same ? opened : search();
  };
  await read(parameters);
  return read;
}

// in the browser's time zone
const local = (ms) => (ms ? moment(Number(ms)).slice(0, 19) : "");

// the Unix milliseconds at the end of that second, as a text; null: it is no time
function untilOf(text) {
  if (!text) return "";
  const match = WRITTEN.exec(text);
  if (!match) return null;
  const day = match[1] ?? moment(Date.now()).slice(0, 10), [hour, minute, second] = [match[2] ?? 23, match[3] ?? 59, match[4] ?? (match[2] ? 0 : 59)].map(Number);
  const at = new Date(...day.split("-").map((part, place) => Number(part) - (place === 1)), hour, minute, second);
  const told = moment(at.getTime());
  return told.slice(0, 10) === day && hour < 24 && minute < 60 && second < 60 ? String(at.getTime() + 999) : null;
}
const tone = (severity) => (/^(err|severe|fatal|crit|alert|emerg|panic)/i.test(severity) ? "bad" : /^warn/i.test(severity) ? "warn" : "dim");
const filter = (name, text) => el("button", { type: "button", "aria-label": `Remove filter ${text}`, onclick: () => change({ [name]: "" }) }, `${text} ✕`);
const spanOf = (one) => address("trace", { span: one.span_id }, one.trace_id);

function row(one, opened) {
  return el("li", { "data-key": one.row, "data-open": String(one.row) === opened }, el("span", { class_: "dim" }, clock(one.time * 1000, true)), " ", el("b", { class_: tone(one.severity) }, one.severity || "–"), " ",
    link(cut(one.service, 40) || "(no service)", address("logs", { service: one.service })), " ", el("span", { class_: "body" }, cut(one.body, 1000)), " ",
    one.trace_id ? link("trace", spanOf(one), { "aria-label": `trace ${one.trace_id}` }) : null);
}

// `whole()` asks for the record with its long texts
function all(one, whole) {
  return [
    el("h2", {}, `${one.severity || "Record"} at ${clock(one.time * 1000, true)}`),
    el("p", {}, one.trace_id ? link("Go to its span", spanOf(one)) : "Not part of a trace.", " ", el("button", { type: "button", class_: "small", onclick: () => change({ record: "" }) }, "Close")),
    facts({ body: one.body }, whole),
    facts({
      time: moment(one.time * 1000), ...(one.observed ? { observed: moment(one.observed * 1000) } : {}), service: one.service,
      severity: `${one.severity || "not set"}${one.number ? ` (${one.number})` : ""}`, ...(one.event ? { event: one.event } : {}),
      ...(one.trace_id ? { "trace id": one.trace_id, "span id": one.span_id || "none" } : {}),
    }, null, (key) => key.endsWith(" id") && (key !== "span id" || one.span_id)),
    ...section("Attributes", one.attributes, async () => (await whole()).attributes), ...section("Resource", one.resource, async () => (await whole()).resource),
  ];
}
