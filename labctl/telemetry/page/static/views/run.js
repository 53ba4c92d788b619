// One load run: a live board while it goes on, and its report afterwards, from what labctl has told and the stored spans.

import { el, link, put, renew, table } from "../kit/dom.js";
import { download } from "../kit/download.js";
import { ask, passing } from "../kit/fetch.js";
import { count, counted, cut, duration, moment, rate } from "../kit/format.js";
import { distribution } from "../kit/distribution.js";
import { goesOn, recent } from "../kit/going.js";
import { keys } from "../kit/keys.js";
import { lines } from "../kit/lines.js";
import { subscribe } from "../kit/live.js";
import { address, go } from "../kit/route.js";
import { listRuns } from "./run-list.js";
import { report, verdict } from "./run-report.js";
import { tiles } from "./run-tiles.js";

const EVERY_MS = 2000;
const HEX = /^[0-9a-f]{1,32}$/;

export async function show(root, { words, signal }) {
  const id = (words[0] ?? "").toLowerCase();
  if (!HEX.test(id)) {
    put(root, el("h1", {}, "There is no such run"), el("p", {}, "A run id has up to 32 hex digits. ", link("Runs", "#/runs")));
    return;
  }
  const title = el("div"), ways = el("span"), acts = el("span"), bar = el("div", { class_: "bar parts noprint" }, ways, acts), verdicts = el("div"), figures = el("div", { class_: "tiles" }), progress = el("div"), below = el("div"), problem = el("p", { class_: "problem", role: "alert" });
  const rates = el("div", { class_: "chart" }), times = el("div", { class_: "chart" }), shape = el("div", { class_: "chart" });
  const charts = el("div", { class_: "columns" }, ...[["Requests over time", rates], ["Service time over time", times], ["Distribution of service time", shape]].map(([name, chart]) => el("section", {}, el("h2", {}, name), chart)));
  put(root, title, bar, problem, figures, progress, verdicts, charts, below);
  const drawRates = lines(rates, 140, "Requests and failures per second over the run", rate, signal);
  const drawTimes = lines(times, 140, "p50 and p99 of service time over the run", duration, signal);
  const drawShape = distribution(shape, 190, "Successful requests by service time, on a logarithmic axis", signal);
  const others = await listRuns(signal), own = others.find((one) => one.id === id && one.requests);
  const known = own ? { begin: own.begin, end: own.going ? null : own.end } : {};
  const state = { id, told: null, stored: null, spans: 0, others: others.filter((one) => one.id !== id), going: false, due: 0 };

  const refresh = async () => {
    state.due = Infinity;
    const begun = Date.now();
    let again = false;
    try {
      const [found, told] = await Promise.all([
        ask(`page/runs/${id}`, known, signal),
        ask("page/annotations", { kind: "run", key: id }, signal).then(({ annotations }) => annotations[0] ?? null),
      ]);
      const stored = found.requests ? found : null;
      if (told && found.ledger) told.data.ledger = found.ledger;
      Object.assign(state, { stored, told, spans: found.spans });
      state.going = told ? goesOn(told) : Boolean(stored) && recent(stored.end);
      put(problem);
      draw();
    } catch (error) {
      again = passing(error);
      if (!signal.aborted) put(problem, error.message);
    }
    const missing = state.told?.data.ledger?.lost_spans || state.told?.data.ledger?.not_stored_yet;     // and may still arrive
    state.due = state.going || again || missing || state.told?.end === null ? Date.now() + Math.max(EVERY_MS, (Date.now() - begun) * 50) : Infinity;
  };
  const draw = () => {
    const { stored, told, spans } = state;
    if (!stored && !told && !spans) {
      renew(title, el("h1", {}, "Run ", el("code", {}, id)), el("p", {}, "This run is not in the store, and labctl has not reported it to this viewer. It may have been deleted by a retention limit, or belong to another lab: labctl runs lists the runs of this lab. ", link("Runs", "#/runs", { class_: "underlined" })));
      charts.hidden = bar.hidden = true;
      return;
    }
    renew(title, ...heading(state));
    renew(ways, ...links(state));
    if (stored && acts.dataset.of !== stored.prefix) {
      acts.dataset.of = stored.prefix;
      put(acts, ...files(stored), ...comparing(state));
    }
    bar.hidden = !spans;
    renew(figures, ...tiles(state));
    renew(progress, state.going && told ? board(told.data) : null);
    put(verdicts, ...(state.going ? [] : verdict(state)));
    put(below, ...(state.going ? [] : report(state)));
    charts.hidden = !stored;
    if (stored) drawCharts(stored, told, { drawRates, drawTimes, drawShape });
  };
  await refresh();
  keys({
    H: ["heatmap of this run", () => state.stored && go(heatmap(state.stored))],
    w: ["what sets slow requests apart", () => slow(state.stored) && go(heatmap(state.stored, slow(state.stored)))],
    t: ["traces of this run", () => go(address("traces", { query: `run=${id}` }))],
    c: ["compare with another run", () => acts.querySelector("select")?.focus()],
    Escape: ["back to the runs", () => go("#/runs")],
  }, signal);
  subscribe(() => { if (!document.hidden && Date.now() > state.due) refresh(); }, signal);
}

function heading(state) {
  const { id, stored, told, going } = state, data = told?.data ?? {}, scenario = String(data.scenario || "");
  const facts = [stored || told ? moment(told ? told.begin * 1000 : stored.begin).slice(0, 19) : null, data.summary?.url ?? data.url,
    told ? null : "labctl has not reported this run to this viewer: the plan and the verdict are unknown", data.summary?.interrupted || data.interrupted ? "interrupted" : null,
    told && !data.summary && !going ? "labctl reported no result" : null];
  return [
    el("h1", {}, "Run ", el("code", {}, id), scenario ? ` · ${cut(scenario, 80)}` : "", going ? el("b", { class_: "good" }, " ● in progress") : ""),
    el("p", { class_: "note" }, facts.filter(Boolean).map((one) => cut(String(one), 200)).join(" · ")),
  ];
}

// the heatmap is of requests, which may be missing where other spans are stored
function links({ id, stored, spans }) {
  const query = `run=${id}`;
  return [stored ? link("Heatmap", heatmap(stored), { class_: "button" }) : null, spans ? link("Traces", address("traces", { query }), { class_: "button" }) : null,
    slow(stored) ? link("What sets slow requests apart", heatmap(stored, slow(stored)), { class_: "button" }) : null];
}

// ns; of a run of few requests a lower percentile
const slow = (stored) => stored?.latency.p99 ?? stored?.latency.p95 ?? stored?.latency.p90;

function files({ prefix }) {
  return [file("OTLP JSON", { run: prefix }), file("archive", { run: prefix, form: "zip" }, "Traces, logs, metrics and the run's figures; labctl save adds the report")];
}

function file(text, wanted, title = undefined) {
  return el("button", { type: "button", title, onclick: ({ target }) => download(wanted).catch((error) => put(target, error.message)) }, `Download ${text}`);
}

// with `low`: the requests from that latency on are selected
function heatmap({ prefix, begin, end }, low = null) {
  const margin = Math.max(1000, (end - begin) * 0.02), from = Math.floor(begin - margin), to = Math.ceil(end + margin);
  return address("heatmap", { query: `run=${prefix}`, begin: from, end: to, ...(low === null ? {} : { from, to, low }) });
}

function comparing({ id, stored, others }) {
  const known = others.filter((one) => one.requests);
  if (!known.length) return [];
  const choice = el("select", { "aria-label": "Run to compare with" }, ...known.map((one) => el("option", { value: one.id },
    `${one.id.slice(0, 8)} · ${moment(one.begin).slice(5, 19)} · ${counted(one.requests, "request")}${one.scenario ? ` · ${cut(String(one.scenario), 30)}` : ""}`)));
  // the run before is the first choice, and the older one is A
  const earlier = known.find((one) => one.begin < stored.begin);
  if (earlier) choice.value = earlier.id;
  const open = () => {
    const other = known.find((one) => one.id === choice.value);
    go(address("compare", { runs: (other.begin < stored.begin ? [other.id, id] : [id, other.id]).join(",") }));
  };
  return [choice, el("button", { type: "button", onclick: open }, "Compare")];
}

function drawCharts(stored, told, { drawRates, drawTimes, drawShape }) {
  const { slices, slice_ms: width, begin } = stored, chart = { begin, width, slots: slices.length };
  // the last slice is rarely a whole one, and of a small part no rate is told
  const rest = stored.end - begin - width * (slices.length - 1), perSecond = (place) => slices.map((one, at) => {
    const long = at === slices.length - 1 ? rest : width;
    return long < width / 4 && at ? null : one[place] / long * 1000;
  });
  drawRates(planned(told) ?? { ...chart, series: [{ name: "sent/s", colour: "accent", values: perSecond(0) }, { name: "failed/s", colour: "bad", values: perSecond(1) }] });
  drawTimes({ ...chart, series: [{ name: "p50", colour: "accent", values: slices.map((one) => one[2]) }, { name: "p99", colour: "text", values: slices.map((one) => one[3]) }] });
  drawShape([{ name: "requests", cells: stored.cells, perDecade: stored.per_decade, total: stored.latency.count, marks: stored.latency }]);
}

// by when requests were due, and when answers came, as the generator counted them; null where it has not told that
function planned(told) {
  const timeline = told?.data.summary?.timeline;
  if (!timeline?.slices?.length || !(timeline.slice_s > 0)) return null;
  const of = (name) => timeline.slices.map((one) => (Number(one[name]) || 0) / timeline.slice_s);
  return { begin: told.begin * 1000, width: timeline.slice_s * 1000, slots: timeline.slices.length, series: [
    { name: "planned/s", colour: "dim", values: of("planned") }, { name: "completed/s", colour: "accent", values: of("answered") }, { name: "failed/s", colour: "bad", values: of("failed") }] };
}

function board(data) {
  const { planned, sent = 0, elapsed_s: elapsed = 0, length_s: length } = data;
  const share = planned ? sent / planned : length ? elapsed / length : null;
  const of = planned ? `${count(sent)} of ${counted(planned, "request")} sent` : `${counted(sent, "request")} sent`;
  const bar = share === null ? null : el("progress", { max: 1, value: Math.min(share, 1), "aria-label": "Progress" });
  const errors = Object.entries(data.errors ?? {});
  return el("div", {}, bar, el("p", { class_: "note" }, `${of} · ${Math.round(elapsed)} s${length ? ` of ${Math.round(length)} s` : ""}`),
    errors.length ? table([["Failed", "number"], ["Error", "text"]], errors.map(([kind, number]) => [count(number), cut(kind, 120)]), undefined, "Failures") : null);
}

