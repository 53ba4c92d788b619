// Load runs, the newest first: what the store has of them, and what labctl has reported. Two that are marked can be compared.

import { el, link, put, table } from "../kit/dom.js";
import { ask } from "../kit/fetch.js";
import { count, cut, duration } from "../kit/format.js";
import { keys } from "../kit/keys.js";
import { subscribe } from "../kit/live.js";
import { address, change, go } from "../kit/route.js";
import { listRuns } from "./run-list.js";
import { began, tooFew } from "./run-tiles.js";

const LEAST = { p50: 6, p99: 368 };
const EVERY_MS = 5000, MOST_MARKED = 2;

export async function show(root, { parameters, signal }) {
  const list = el("div"), bar = el("div", { class_: "bar" }), note = el("p", { class_: "note", role: "status" });
  put(root, el("h1", {}, "Runs"), bar, list, note);
  const state = { runs: [], figures: new Map(), marked: marks(parameters), selected: -1, due: 0 };

  const draw = () => {
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    put(bar, ...marking(state));
    put(list, state.runs.length ? runTable(state, mark) : el("p", {}, "No runs are stored. labctl load starts one."));
    put(note, state.runs.length ? "Latency counts from when a request was due, as labctl measured it; service time from when it was sent, exact from stored spans. Both are of successful requests. " : null,
      state.runs.some((run) => run.title === undefined) ? "Where labctl has not reported a run to this viewer, its scenario and verdict are unknown." : null);
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
    if (focused) [...list.querySelectorAll("[data-key]")].find(({ dataset }) => dataset.key === focused)?.focus({ preventScroll: true });
  };
  const mark = (id) => {
    const rest = state.marked.filter((one) => one !== id);
    state.marked = rest.length < state.marked.length ? rest : [...rest, id].slice(-MOST_MARKED);
    change({ marked: state.marked.join(",") }, { replace: true });
    draw();
  };
  const refresh = async (seen = () => {}) => {
    state.due = Infinity;
    const begun = Date.now();
    await listRuns(signal, (runs) => { state.runs = runs; draw(); seen(); });
    fill().finally(() => { state.due = Date.now() + Math.max(EVERY_MS, (Date.now() - begun) * 50); });      // the more there is, the less often
  };
  const fill = async () => {
    for (const run of state.runs) {
      if (!run.requests || state.figures.get(run.id)?.of === run.requests) continue;
      const found = await ask(`page/runs/${run.id}`, { begin: run.begin, end: run.end }, signal).catch(() => null);
      if (signal.aborted) return;
      state.figures.set(run.id, { of: run.requests, ...found?.latency });
      draw();
    }
  };
  const move = (step) => { state.selected = Math.max(0, Math.min(state.runs.length - 1, state.selected + step)); draw(); };
  const selected = (action) => () => { const run = state.runs[state.selected]; if (run) action(run.id); };
  keys({
    j: ["next run", () => move(1)], k: ["previous run", () => move(-1)], Enter: ["open the run", selected((id) => go(address("run", {}, id)))],
    c: ["mark the run for comparison", selected(mark)], C: ["compare the two marked runs", () => state.marked.length === MOST_MARKED && go(compared(state))],
  }, signal);
  await new Promise((seen, failed) => { refresh(seen).catch(failed); });     // the oldest runs may follow
  subscribe(() => {
    if (!document.hidden && Date.now() > state.due) refresh().catch(() => { state.due = Date.now() + EVERY_MS; });
  }, signal);
  return (next) => { state.marked = marks(next); draw(); };
}

const marks = (parameters) => (parameters.get("marked") ?? "").split(",").filter(Boolean).slice(0, MOST_MARKED);

// the older one is A, whichever was marked first
function compared({ marked, runs }) {
  const begun = (id) => runs.find((run) => run.id === id)?.begin ?? 0;
  return address("compare", { runs: [...marked].sort((a, b) => begun(a) - begun(b)).join(",") });
}

function marking(state) {
  const { marked } = state;
  if (state.runs.length < MOST_MARKED) return [];
  if (marked.length === MOST_MARKED) return [link("Compare the two marked runs", compared(state), { class_: "button" }), el("button", { type: "button", onclick: () => change({ marked: "" }) }, "Unmark")];
  return [el("span", { class_: "note" }, marked.length ? "Mark one more run to compare the two." : "Mark two runs to compare them.")];
}

function runTable(state, mark) {
  const columns = [["Mark"], ["Run", "id"], ["Began", "time"], ["Scenario", "text wide"], ["Duration", "number wide"], ["Requests", "number"], ["Requests/s", "number wide"], ["Failed", "number wide"],
    ["Latency p50", "number"], ["Latency p99", "number"], ["Service time p50", "number wider"], ["Service time p99", "number wider"], ["Service time max", "number wider"], ["Thresholds"]];
  return table(columns, state.runs.map((run) => {
    const seconds = Math.max((run.end - run.begin) / 1000, 0.001), times = state.figures.get(run.id) ?? {};
    const box = el("input", { type: "checkbox", value: run.id, "data-key": `mark ${run.id}`, "aria-label": `Compare ${run.id.slice(0, 8)}`, checked: state.marked.includes(run.id), onchange: () => mark(run.id) });
    return [box, link(run.id.slice(0, 8), address("run", {}, run.id), { title: run.id, "data-key": run.id }), began(run.begin), cut(String(run.scenario ?? "") || "–", 60), duration(seconds * 1e9),
      requests(run), run.requests ? (run.requests / seconds).toFixed(1) : "–", el("span", { class_: run.errors ? "bad" : "" }, run.requests ? count(run.errors) : "–"),
      latency(run, "p50"), latency(run, "p99"), duration(times.p50), duration(times.p99), duration(run.max), verdict(run)];
  }), (place) => (place === state.selected ? { "aria-selected": "true" } : {}), "Runs");
}

// a percentile of too few samples is not told, as in labctl
function latency({ title, latency_count: of, ...run }, name) {
  const value = run[`latency_${name}`];
  if (title === undefined || typeof value !== "number") return el("span", { class_: "dim" }, "unknown");
  return of !== null && of < LEAST[name] ? tooFew() : duration(value * 1e6);
}

function requests({ requests: stored, planned, going }) {
  if (!stored) return el("span", { class_: "dim" }, "not stored");
  return going && planned ? `${count(stored)} of ${count(planned)}` : count(stored);
}

function verdict({ going, title, successful, met, missed, interrupted }) {
  if (going) return el("b", { class_: "good" }, "● in progress");
  if (title === undefined) return el("span", { class_: "dim" }, "unknown");
  const parts = [successful === null ? el("span", { class_: "dim" }, "no result") : missed ? el("span", { class_: "bad" }, `✗ ${count(missed)} missed`) : met ? el("span", { class_: "good" }, "✓ met") : el("span", { class_: "dim" }, "none set")];
  if (interrupted) parts.push(el("span", { class_: "warn" }, " · interrupted"));
  return el("span", {}, ...parts);
}
