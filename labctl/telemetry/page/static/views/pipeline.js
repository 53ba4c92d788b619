// The lab's pipeline as a picture: each component, whether it answers, what goes to the next, and what is lost between them.

import { el, link, renew } from "../kit/dom.js";
import { ago, bytes, clock, count, counted, duration, rate } from "../kit/format.js";
import { goesOn } from "../kit/going.js";
import { sum } from "../kit/live.js";
import { address } from "../kit/route.js";
import { spanRate } from "../kit/status.js";
import { DOUBTFUL } from "../kit/troubles.js";
import { runsOf } from "./losses.js";
import { rangeOf } from "./time-ranges.js";

const APART_S = 30;
const OWN_SPANS = "sends its own spans to the collector over OTLP/HTTP";
export const STALE_S = 15;

export const goingOn = (runs) => (runs ?? []).find(goesOn);

export function drawPipeline(root, tick, before, told) {
  const { pipeline } = tick;
  const parts = pipeline ? [generator(tick, told), arrow("requests", requests(told)),
    service(tick), arrow("spans", sdkRate(pipeline.service.sdk), lossOf(pipeline, "service → collector"), evidenceOf("service → collector", told, tick)),
    collector(tick), arrow("spans", sentRate(pipeline.collector.counts), lossOf(pipeline, "collector → viewer"), evidenceOf("collector → viewer", told, tick)), viewer(tick)]
    : [senders(tick), arrow("spans", before ? spanRate(tick, before) : undefined), viewer(tick)];
  renew(root, el("ol", { class_: "hops", "aria-label": "Pipeline" }, ...parts), exports(pipeline), apartSince(tick));
}

const box = (name, ...lines) => el("li", { class_: "hop" }, el("b", {}, name), ...lines);
const line = (text, tone = "") => el("div", { class_: tone }, text);

// a rate is null where nobody knows it, and undefined while it is measured
function arrow(what, value, lost = null, evidence = "") {
  const text = value === null ? "unknown" : value === undefined ? "measuring…" : `${rate(value)} ${what}/s`;
  return el("li", { class_: "hop arrow" }, line(text, typeof value === "number" ? "" : "dim"), el("div", { class_: lost ? "point bad" : "point dim", "aria-hidden": "true" }),
    lost ? line(evidence ? link(`${count(lost)} lost`, evidence, { class_: "bad underlined" }) : `${count(lost)} lost`, "bad") : line("\u00a0"));
}

function state({ answers, since, why }, at) {
  if (answers === "yes") return line("● answers", "good");
  return answers === "no" ? line(`✗ no valid response since ${clock(since * 1000)} (${ago(at - since)}): ${why}`, "bad") : line("not known yet", "dim");
}

function lossOf({ losses }, hop) {
  return losses.filter((one) => one.hop === hop && one.signal === "traces" && !DOUBTFUL[one.cause]).reduce((total, { items }) => total + items, 0);
}

// the last run that may have had the loss, or the service's own counter
function evidenceOf(hop, told, tick) {
  const losses = tick.pipeline.losses.filter((one) => one.hop === hop && one.signal === "traces" && !DOUBTFUL[one.cause]);
  const [{ run } = {}] = losses.flatMap((one) => runsOf(one, tick, told?.runs ?? []) ?? []);
  return run ? address("run", {}, run.run_id) : hop.startsWith("service") ? sdkCounter(tick) : "";
}

// for as long as it has counted, so that what it lost is in the time range
export function sdkCounter({ at, pipeline }) {
  const since = pipeline?.service.sdk?.since;
  return address("metrics", { name: "otel.sdk.processor.span.processed", minutes: since ? rangeOf((at - since) / 60) : "" });
}

// whoever was started later has not counted what the others have
function apartSince({ pipeline, started }) {
  const all = [["service", pipeline?.service.sdk?.since], ["collector", pipeline?.collector.counts?.started], ["viewer", started]].filter(([, since]) => since).sort((one, other) => one[1] - other[1]);
  if (!pipeline || all.at(-1)[1] - all[0][1] <= APART_S) return null;
  return el("p", { class_: "note" }, `Counters started at different times (${all.map(([name, since]) => `${name} ${clock(since * 1000)}`).join(", ")}), so totals may not match.`);
}

function generator({ at }, told) {
  const run = goingOn(told?.runs), last = told?.runs[0];
  if (run) {
    return box("load generator", line(`● ${run.title} in progress`, "good"), line(`${run.planned ? `${count(run.sent ?? 0)} of ${counted(run.planned, "request")}` : counted(run.sent ?? 0, "request")} sent`),
      line(`${count(run.failed ?? 0)} failed`, run.failed ? "bad" : ""), line(OWN_SPANS, "dim"));
  }
  return box("load generator", line("no run in progress", "dim"), last ? el("div", {}, "last: ", link(last.title, address("run", {}, last.run_id), { class_: "underlined" })) : line("labctl load starts one", "dim"),
    line(!last ? "\u00a0" : last.end ? ago(at - last.end) : "end unknown"), line(OWN_SPANS, "dim"));
}

const requests = (told) => {
  if (!told) return undefined;
  const run = goingOn(told.runs);
  return run ? run.rate ?? undefined : 0;
};

function sdkRate(sdk) {
  return sdk ? sdk.rates?.traces ?? (sdk.rates ? 0 : undefined) : null;
}

function service({ pipeline, at }) {
  const { sdk } = pipeline.service;
  if (!sdk) return box("service", state(pipeline.service, at), line("its SDK has reported nothing: what it drops is unknown", "dim"));
  const dropped = lossOf(pipeline, "service → collector"), old = at - sdk.at;
  return box("service", state(pipeline.service, at), line(`${counted(sdk.exported.traces ?? 0, "span")} exported`),
    line(dropped ? `${count(dropped)} dropped or failed to send` : "0 dropped", dropped ? "bad" : ""), line(`${count(sdk.pending.traces ?? 0)} queued`),
    sdk.since ? line(`since ${clock(sdk.since * 1000)}`, "dim") : null,
    old > STALE_S ? line(`as of ${clock(sdk.at * 1000)}: its SDK has reported nothing for ${duration(old * 1e9)}`, "warn") : null);
}

function collector({ pipeline, at }) {
  const { counts } = pipeline.collector;
  if (!counts) return box("collector", state(pipeline.collector, at), line("what it holds and drops is unknown", "dim"));
  const way = Object.values(counts.exporters).find((one) => one.to_viewer), held = counts.held.traces;
  const left = pipeline.losses.filter((one) => one.hop === "collector" && one.signal === "traces");
  return box("collector", state(pipeline.collector, at), line(`${counted(counts.received.traces ?? 0, "span")} received`),
    line(Object.entries(counts.spans_over).map(([transport, items]) => `${count(items)} over ${transport === "grpc" ? "gRPC" : transport.toUpperCase()}`).join(", ") || "\u00a0", "dim"),
    ...left.map((one) => line(`${count(one.items)} ${one.meant ? "sampled out" : DOUBTFUL[one.cause] ?? "dropped"}`, one.meant ? "dim" : DOUBTFUL[one.cause] ? "warn" : "bad")),
    left.length ? null : line("0 refused or dropped"),
    way ? line(held === null ? "queued: unknown" : `${count(held)} queued`) : line("no exporter sends to the viewer. Run labctl why", "bad"),
    way?.capacity ? line(`queue: ${count(way.queued)} of ${count(way.capacity)} batches`, way.queued > way.capacity / 2 ? "warn" : "dim") : null,
    counts.started ? line(`since ${clock(counts.started * 1000)}`, "dim") : line("the viewer runs in its place", "dim"));
}

function sentRate(counts) {
  if (!counts) return null;
  const ways = Object.values(counts.exporters).filter((one) => one.to_viewer);
  if (!ways.length) return null;
  return ways.every((one) => one.rates) ? ways.reduce((total, one) => total + (one.rates.traces ?? 0), 0) : undefined;
}

function senders(tick) {
  const services = Object.keys(tick.latest ?? {});
  if (!services.length) return box("services", line("nothing has arrived since the viewer started", "dim"));
  return box("services", ...services.slice(0, 6).map((name) => line(`${name}: ${ago(tick.at - tick.latest[name])}`)),
    services.length > 6 ? line(`and ${services.length - 6} more`, "dim") : null);
}

function viewer(tick) {
  const refused = sum(tick.refused), spans = Object.entries(tick.accepted).reduce((all, [key, items]) => all + (key.startsWith("traces.") ? items : 0), 0);
  const { store } = tick, part = store.bytes / store.most_bytes;
  return box("viewer", line(store.cannot_write ? `✗ cannot write: ${store.cannot_write}` : "● storing", store.cannot_write ? "bad" : "good"), line(`${counted(spans, "span")} received`),
    line(refused ? `${count(refused)} refused` : "0 refused", refused ? "bad" : ""), line(`${bytes(store.bytes)} stored, ${(part * 100).toFixed(part < 0.1 ? 1 : 0)} % of its limit`, part > 0.95 ? "warn" : ""),
    line(`since ${clock(tick.started * 1000)}`, "dim"));
}

function exports(pipeline) {
  const others = Object.entries(pipeline?.collector.counts?.exporters ?? {}).filter(([, one]) => !one.to_viewer);
  if (!others.length) return null;
  return el("ul", { class_: "hops exports", "aria-label": "Exports" }, ...others.map(([name, one]) => {
    const failed = sum(one.failed);
    return el("li", { class_: "hop export" }, el("b", {}, `collector → ${name}`), line(`${one.rates ? rate(sum(one.rates)) : "…"} items/s, ${count(sum(one.sent))} sent`),
      line(`${count(failed)} failed to send`, failed ? "bad" : ""), one.capacity ? line(`${count(one.queued)} of ${count(one.capacity)} batches queued`) : null);
  }));
}
