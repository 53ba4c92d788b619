// The overview: whether anything is wrong, what goes through the pipeline, how fast requests are answered, and what labctl has told.

import { Columns } from "../kit/columns.js";
import { el, link, put, renew, table } from "../kit/dom.js";
import { ask } from "../kit/fetch.js";
import { ago, bytes, clock, count, counted, cut, duration, rate } from "../kit/format.js";
import { lines } from "../kit/lines.js";
import { ofFiles, rateOf, subscribe, sum } from "../kit/live.js";
import { address } from "../kit/route.js";
import { known } from "../kit/services.js";
import { spanRate } from "../kit/status.js";
import { troubles } from "../kit/troubles.js";
import { lostByHop, runsOf } from "./losses.js";
import { drawPipeline, goingOn, sdkCounter, STALE_S } from "./pipeline.js";
import { began, latency, share, tile, unknown } from "./run-tiles.js";
import { showStored } from "./stored.js";

const SPAN_MS = 5 * 60 * 1000, SLOTS = 60, RECENT = 12;         // tiles tell of the last minute
const SIGNALS = ["traces", "metrics", "logs"];
const MINUTE_S = 60, MOST_TOLD = 5, MOST_NAMED = 10;
const HIGHEST = ["p50", "p99"].map((name) => `highest ${name} service time of any 5 s, last minute`);
const REQUESTS = 'name!="labctl up"';           // its test request is not shown
let left = null;                    // the columns as they were when this view was left

export const show = (root, { signal }) => (ofFiles ? showFiles : showLab)(root, signal);

async function showFiles(root, signal) {
  const wrong = el("div", { id: "wrong" }), stored = el("div"), runs = el("section");
  const [tick, told] = await Promise.all([ask("page/now", {}, signal), ask("page/told", {}, signal)]);
  put(root, el("h1", {}, "Overview"), wrong, stored, runs);
  drawWrong(wrong, tick, told);
  await showStored(stored, tick, async () => {
    const found = await ask("page/told", {}, signal);
    if (found.runs.length) drawRuns(runs, found);
  }, signal);
}

async function showLab(root, signal) {
  const wrong = el("div", { id: "wrong" }), tiles = el("div", { class_: "tiles steady" }), hops = el("div");
  const findings = el("section"), runs = el("section", { class_: "steady" }), senders = el("div", { class_: "steady" }), refusals = el("div");
  const latest = el("p", { class_: "note" }), rates = el("div", { class_: "chart" }), latencies = el("div", { class_: "chart" });
  put(root, el("h1", {}, "Overview"), wrong, hops, tiles, el("div", { class_: "columns" },
    el("section", {}, el("h2", {}, "Requests, last 5 minutes"), rates, latest),
    el("section", {}, el("h2", {}, link("Service time, last 5 minutes", address("heatmap"))), latencies), findings),
    runs, refusals, el("h2", {}, "Services"), senders);
  const drawRates = lines(rates, 130, "Requests and failures per second over the last 5 minutes", rate, signal);
  const drawLatencies = lines(latencies, 130, "Service time percentiles over the last 5 minutes", duration, signal);
  const columns = new Columns({ span: SPAN_MS, most: SLOTS, query: REQUESTS });
  columns.takeOver(left);
  left = columns;
  const state = { tick: null, before: null, told: null, recent: null };

  const draw = () => {
    const { tick, before, told, recent } = state;
    drawWrong(wrong, tick, told);
    drawPipeline(hops, tick, before, told);
    drawTiles(tiles, tick, before, recent, columns.width / 1000 * RECENT);
    drawLatest(latest, tick);
    drawRefusals(refusals, tick);
    drawSenders(senders, tick, before);
  };
  const drawTold = () => {
    drawFindings(findings, state.told, state.tick);
    drawRuns(runs, state.told);
  };
  const refreshColumns = async () => {
    if (await columns.refresh({ signal }).catch(() => false)) state.recent = drawColumns(columns, drawRates, drawLatencies);
  };
  const refreshTold = async () => {
    const { told } = state.tick;
    const found = await ask("page/told", {}, signal).catch(() => null);
    if (!found) return;                 // the next tick asks again
    Object.assign(state, { told: found, toldAt: told });
    drawTold();
  };

  const known = Promise.all([ask("page/now", {}, signal), ask("page/told", {}, signal)]), refreshed = refreshColumns();
  if (columns.readAt) state.recent = drawColumns(columns, drawRates, drawLatencies);
  [state.tick, state.told] = await known;
  state.toldAt = state.tick.told;
  draw();
  drawTold();
  refreshed.then(draw);
  subscribe(async ({ tick, before, lost }) => {
    if (lost) drawLost(wrong, state.tick);
    if (document.hidden || !tick?.store || lost) return;
    Object.assign(state, { tick, before });
    draw();
    if (tick.told !== state.toldAt) await refreshTold();
    else if (Math.floor(tick.at) % 10 === 0) await (state.told.runs.some(({ lost }) => lost?.length) ? refreshTold() : drawTold());    // ages, and what has arrived late
    await refreshColumns();
  }, signal);
}

function drawWrong(root, tick, told) {
  const found = [...troubles(tick), ...(told?.alerts ?? []).map(alert), ...(told?.faults ?? []).map((one) => fault(one, tick.at))];
  if (found.length) {
    renew(root, el("ul", { class_: "wrong", role: "list", "aria-label": "What is wrong" }, ...found.map(({ tone, text, loss, more = [] }) => el("li", { class_: tone }, text, ...more, ...(loss ? evidence(loss, tick, told) : [])))));
    return;
  }
  const { pipeline } = tick, known = pipeline && ["service", "collector"].every((name) => pipeline[name].answers === "yes");
  const sdk = pipeline?.service.sdk, fresh = sdk && tick.at - sdk.at < STALE_S;
  const text = !pipeline ? "No lab connected; this is what is stored."
    : !known ? "Not known yet whether telemetry is lost."
      : fresh ? "All components answer, and no counter shows a loss."
        : `No counter shows a loss. What the service's SDK drops is unknown: it has reported nothing${sdk ? ` since ${clock(sdk.at * 1000)}` : ""}.`;
  renew(root, el("p", { class_: known && fresh ? "answer good" : "answer" }, text));
}

// what stands below is no longer known to be so
function drawLost(root, { at }) {
  renew(root, el("p", { class_: "answer warn" }, `No live data: what is shown is of ${clock(at * 1000)}.`));
}

const alert = ({ name, summary, severity, since }) => ({ tone: "bad", text: `Alert ${cut(name, 100)} has been firing since ${clock(since * 1000)}${severity ? ` (${cut(severity, 40)})` : ""}${summary ? `: ${cut(summary)}` : ""}` });
const MEND = () => el("code", {}, "labctl mend");

// nothing ends a fault by itself: when its time is over, the next command of labctl does
function fault({ title, secret, begin, until }, at) {
  const on = `${secret ? "A secret fault" : `The fault ${cut(title, 100)}`} has been on since ${clock(begin * 1000)}. `;
  const over = until && until < at;
  return { tone: "warn", text: on, more: over ? [`It should have ended at ${clock(until * 1000)} but is still on. Run `, MEND(), "."]
    : ["Run ", MEND(), ` to undo it${until ? `; after ${clock(until * 1000)} the first labctl command that uses the lab does so too` : ""}.`] };
}

// where the loss can be looked at: the runs that had it, and the counter that shows it
function evidence(loss, tick, told) {
  const { pipeline } = tick;
  if (loss.signal !== "traces") return [];
  const runs = told?.runs ?? [], having = runsOf(loss, tick, runs), since = pipeline.service.sdk?.since;
  const found = (having ?? []).flatMap(({ run, spans }) => [`; ${count(spans)} in `, link(run.title, address("run", {}, run.run_id), { class_: "underlined" })]);
  const alone = loss.cause === "sdk" && pipeline.losses.filter(({ hop, signal }) => hop === loss.hop && signal === loss.signal).length === 1;
  const counted = since ? runs.filter(({ begin }) => begin >= since) : [], in_ = having?.reduce((total, { spans }) => total + spans, 0);
  const complete = since && counted.length < runs.length + (runs.length < MOST_TOLD) && counted.every(({ lost }) => lost);
  if (alone && complete && in_ < loss.items) found.push(`; ${count(loss.items - in_)} not during a run`);
  if (loss.cause === "sdk") found.push("; ", link("show the counter", sdkCounter(tick), { class_: "underlined" }));
  return found;
}

function drawTiles(root, tick, before, recent, seconds) {
  const found = [];
  if (recent) {
    const requests = recent.reduce((total, column) => total + column.count, 0), errors = recent.reduce((total, column) => total + column.errors, 0);
    // percentiles cannot be added up: the worst column of the minute is named as such
    const worst = (name) => (recent.length ? duration(Math.max(...recent.map((column) => column[name]))) : "–");
    found.push(tile(rate(requests / seconds), "requests/s, last minute"),
      tile(share(errors, requests), `failed (${count(errors)} of ${count(requests)})`, errors ? "bad" : ""),
      tile(worst("p50"), HIGHEST[0]), tile(worst("p99"), HIGHEST[1]));
  } else found.push(...["requests/s, last minute", "failed", ...HIGHEST].map((name) => tile("…", name)));
  found.push(tile(before ? rate(spanRate(tick, before)) : "…", "spans/s"),
    tile(bytes(tick.store.bytes), `stored (limits: ${bytes(tick.store.most_bytes)}, ${Math.round(tick.store.most_age_s / 3600)}\u00a0h)`));
  renew(root, ...found);
}

function drawLatest(root, { last_request: at }) {
  if (!at) renew(root, "No request is stored.");
  else renew(root, "Last request ", link(clock(at * 1000),
    address("heatmap", { begin: Math.floor(at) * 1000 - MINUTE_S * 1000, end: Math.floor(at) * 1000 + 10000 }), { class_: "underlined" }));
}

function drawColumns(columns, drawRates, drawLatencies) {
  const shown = columns.list(), seconds = shown.width / 1000, last = shown.columns.length - 1;
  const of = (pick) => shown.columns.map((column, at) => (at === last ? null : column ? pick(column) : null));
  const zero = (pick) => of(pick).map((value, at) => (at === last ? null : value ?? 0));
  const chart = { begin: shown.begin, width: shown.width, slots: shown.columns.length };
  drawRates({ ...chart, series: [{ name: "requests/s", colour: "accent", values: zero(({ count: all }) => all / seconds) },
    { name: "failed/s", colour: "bad", values: zero(({ errors }) => errors / seconds) }] });
  drawLatencies({ ...chart, series: [{ name: "p50", colour: "accent", values: of(({ p50 }) => p50) },
    { name: "p99", colour: "text", values: of(({ p99 }) => p99) }] });
  return shown.columns.slice(-RECENT - 1, -1).filter(Boolean);
}

function drawFindings(root, told, { at, pipeline }) {
  const found = told?.findings;
  if (!found) {
    renew(root, ...(pipeline ? [el("h2", {}, "Findings"), el("p", { class_: "note" }, "No diagnosis yet. Run ", el("code", {}, "labctl why"), ".")] : []));
    return;
  }
  renew(root, el("h2", {}, "Findings"), el("p", { class_: found.healthy ? "good" : "" }, cut(found.title)),
    found.findings.length > 1 || found.findings.some((one) => one.remedy) ? el("ul", {}, ...found.findings.map((one) => el("li", { class_: one.kind === "notice" ? "dim" : "bad" }, one.kind === "notice" ? "Note: " : "", cut(one.message),
      one.remedy ? el("span", { class_: "dim" }, " Fix: ", el("code", {}, cut(one.remedy))) : ""))) : null,
    el("p", { class_: "note" }, `As of ${clock(found.at * 1000)}, ${ago(at - found.at)}${found.changed ? "; the lab has changed since" : ""}. Run `, el("code", {}, "labctl why"), " to look again."));
}

function drawRuns(root, told) {
  const going = goingOn(told?.runs);
  const rows = (told?.runs ?? []).map((run) => [link(began(run.begin * 1000), address("run", {}, run.run_id)),
    run === going ? el("b", { class_: "good" }, "in progress") : run.end === null ? "end unknown" : duration((run.end - run.begin) * 1e9),
    number(run.answered, count), el("span", { class_: run.failed ? "bad" : "" }, number(run.failed, count)), number(run.rate, rate), latency(run.p50_ms, run.latency_count, "p50"), latency(run.p99_ms, run.latency_count, "p99"), lostByHop(run)]);
  renew(root, el("h2", {}, link("Runs", address("runs"))), ...(rows.length ? [table([["Began"], ["Duration", "wider"], ["Completed", "number wide"], ["Failed", "number"], ["Completed/s", "number wider"], ["Latency p50", "number wide"], ["Latency p99", "number"], ["Spans lost", "text"]],
    rows, () => ({}), "Runs"), el("p", { class_: "note" }, "Latency counts from when a request was due, service time from when it was sent.")]
    : [el("p", { class_: "note" }, "No runs yet. ", el("code", {}, "labctl load"), " starts one.")]));
}

const number = (value, format) => (value === null ? unknown() : format(value));

function drawRefusals(root, tick) {
  const rows = Object.entries(tick.reasons).flatMap(([name, reasons]) => Object.entries(reasons).map(([reason, items]) => [count(items), name, reason]));
  rows.push(...Object.entries(tick.unauthorised).map(([reason, items]) => [count(items), "access", reason.replaceAll("_", " ")]));
  const duplicates = sum(tick.duplicates);
  renew(root, rows.length ? el("h2", {}, "Refused by the viewer") : null, rows.length ? table([["Items", "number"], ["Signal"], ["Reason", "text"]], rows, () => ({}), "Refused") : null,
    duplicates ? el("p", { class_: "note" }, `${counted(duplicates, "item")} arrived more than once and ${duplicates === 1 ? "is" : "are"} stored once.`) : null);
}

const ofService = (service, more) => link(cut(service || "(no name)", 100), address("traces", { query: `service=${JSON.stringify(service)}` }), more);

function drawSenders(root, tick, before) {
  const services = [...new Set(SIGNALS.flatMap((name) => Object.keys(tick.volume[name] ?? {})))].sort();
  const cell = (service, name) => {
    const found = tick.volume[name]?.[service];
    return found ? el("span", {}, `${count(found.items)} `, el("span", { class_: "apiece" }, before ? `(${rate(rateOf(tick, before, name, service))}/s)` : "")) : "–";
  };
  renew(root, services.length ? table([["Service", "text"], ["Spans", "number"], ["Data points", "number"], ["Log records", "number"], ["Last seen", "number wide"]],
    services.map((service) => [ofService(service), ...SIGNALS.map((name) => cell(service, name)),
      last(tick, service)]), () => ({}), "Services") : el("p", { class_: "note" }, ...nothingArrived(tick)));
}

function nothingArrived(tick) {
  const stored = known(tick).filter(Boolean).slice(0, MOST_NAMED);
  return ["Nothing has arrived since the viewer started", ...(stored.length ? ["; what is stored comes from ", ...stored.flatMap((service, at) => [at ? ", " : "", ofService(service, { class_: "underlined" })]), "."]
    : [": ", el("code", {}, "labctl load"), " sends requests."]),
  " To view a file, ", link("load it in Traces", address("traces"), { class_: "underlined" }), " or drop it on this page."];
}

function last(tick, service) {
  const at = tick.latest?.[service];
  if (!at) return "unknown";
  return el("span", { class_: tick.at - at > MINUTE_S ? "dim" : "" }, ago(tick.at - at));
}
