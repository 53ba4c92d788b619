// Load runs, the newest first: what the store has of them, and what labctl has reported. Two that are marked can be compared.

import { el, link, put, renew, renewTable, table } from "../kit/dom.js";
import { ask } from "../kit/fetch.js";
import { count, counted, cut, duration, rate } from "../kit/format.js";
import { keys } from "../kit/keys.js";
import { ofLab, subscribe } from "../kit/live.js";
import { address, change, go } from "../kit/route.js";
import { lostByHop } from "./losses.js";
import { listRuns } from "./run-list.js";
import { began, latency, tooFew, unknown } from "./run-tiles.js";

const EVERY_MS = 5000, MOST_MARKED = 2;

export async function show(root, { parameters, signal }) {
  const list = el("div"), bar = el("div", { class_: "bar" }), note = el("p", { class_: "note", role: "status" });
  put(root, el("h1", {}, "Runs"), bar, list, note);
  const state = { runs: [], figures: new Map(), marked: marks(parameters), selected: "", due: 0 };

  const draw = () => {
    renew(bar, ...marking(state));
    if (state.runs.length) renewTable(list, runTable(state));
    else put(list, el("p", {}, `No runs are stored.${ofLab(" labctl load starts one.")}`));
    renew(note, state.runs.length ? "Latency counts from when a request was due, as labctl measured it. " : null, state.runs.length ? el("span", { class_: "widest" }, "Service time counts from when it was sent, exact from stored spans. ") : null, state.runs.length ? "Times are of successful requests. " : null,
      state.runs.some((run) => run.title === undefined) ? "Where labctl has not reported a run to this viewer, its latency, losses and thresholds are unknown." : null);
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
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
  const move = (step) => {
    const at = state.runs.findIndex(({ id }) => id === state.selected);
    state.selected = state.runs[Math.max(0, Math.min(state.runs.length - 1, at + step))]?.id ?? "";
    draw();
  };
  const selected = (action) => () => { if (state.selected) action(state.selected); };
  list.addEventListener("change", ({ target }) => mark(target.value));
  bar.addEventListener("click", ({ target }) => { if (target.closest("button")) change({ marked: "" }); });
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
  if (marked.length === MOST_MARKED) return [link("Compare the two marked runs", compared(state), { class_: "button" }), el("button", { type: "button" }, "Unmark")];
  return [el("span", { class_: "note" }, marked.length ? "Mark one more run to compare the two." : "Mark two runs to compare them.")];
}

function runTable(state) {
  const columns = [["Mark"], ["Run", "id"], ["Began", "time"], ["Scenario", "text wide"], ["Duration", "number widest"], ["Requests", "number wide"], ["Requests/s", "number widest"], ["Failed", "number"],
    ["Latency p50", "number wider"], ["Latency p99", "number"], ["Service time p50", "number widest"], ["Service time p99", "number widest"], ["Service time max", "number widest"], ["Spans lost", "text"], ["Thresholds", "wide"]];
  return table(columns, state.runs.map((run) => {
    const seconds = Math.max((run.end - run.begin) / 1000, 0.001), times = state.figures.get(run.id) ?? {};
    const box = el("input", { type: "checkbox", value: run.id, "aria-label": `Compare ${run.id.slice(0, 8)}`, checked: state.marked.includes(run.id) });
    return [box, link(run.id.slice(0, 8), address("run", {}, run.id), { title: run.id }), el("span", {}, began(run.began ?? run.begin), run.going ? el("b", { class_: "good narrow" }, "in progress") : null), scenario(run), duration(run.took === null || run.took === undefined ? seconds * 1e9 : run.took * 1e6),
      requests(run), run.requests ? rate(run.requests / seconds) : "–", el("span", { class_: run.errors ? "bad" : "" }, run.requests ? count(run.errors) : "–"),
      latency(run.latency_p50, run.latency_count, "p50"), latency(run.latency_p99, run.latency_count, "p99"), service(times.p50), service(times.p99), duration(run.max), lostByHop(run), verdict(run)];
  }), (place) => ({ "data-key": state.runs[place].id, "aria-selected": state.runs[place].id === state.selected && "true" }), "Runs");
}

// or what was planned, and the faults that were on
function scenario({ scenario: name, planned_rate: planned, concurrency, faults = [] }) {
  const plan = [typeof planned === "number" ? `${rate(planned)}/s` : "", typeof concurrency === "number" ? counted(concurrency, "worker") : ""].filter(Boolean).join(", ");
  const parts = [cut(String(name ?? "") || plan, 60), ...faults.map((title) => `fault: ${cut(title, 40)}`)].filter(Boolean);
  return el("span", { title: plan || null }, parts.join(" · ") || "–");
}

// null where there are too few samples, undefined until it is read
const service = (value) => (value === null ? tooFew() : duration(value));

function requests({ requests: stored, planned, going }) {
  if (!stored) return el("span", { class_: "dim" }, "not stored");
  return going && planned ? `${count(stored)} of ${count(planned)}` : count(stored);
}

function verdict({ going, title, successful, met, missed, interrupted }) {
  if (going) return el("b", { class_: "good" }, "● in progress");
  if (title === undefined) return unknown();
  const parts = [successful === null ? el("span", { class_: "dim" }, "no result") : missed ? el("span", { class_: "bad" }, `✗ ${count(missed)} missed`) : met ? el("span", { class_: "good" }, "✓ met") : el("span", { class_: "dim" }, "none set")];
  if (interrupted) parts.push(el("span", { class_: "warn" }, " · interrupted"));
  return el("span", {}, ...parts);
}
