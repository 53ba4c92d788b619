// The overview: what arrives from whom, how fast requests are answered, and everything that was refused or lost on the way.

import { Columns } from "../kit/columns.js";
import { el, link, put, table } from "../kit/dom.js";
import { ago, bytes, clock, count, duration, rate } from "../kit/format.js";
import { ask } from "../kit/fetch.js";
import { lines } from "../kit/lines.js";
import { rateOf, subscribe, sum } from "../kit/live.js";
import { address } from "../kit/route.js";
import { spanRate } from "../kit/status.js";

const SPAN_MS = 5 * 60 * 1000, SLOTS = 60, RECENT = 12;         // tiles tell of the last minute
const SILENT_S = 30;
const SIGNALS = ["traces", "metrics", "logs"];

export async function show(root, { signal }) {
  const tiles = el("div", { class_: "tiles" }), hops = el("ul", { class_: "hops", "aria-label": "Pipeline" });
  const senders = el("div"), losses = el("div"), rates = el("div", { class_: "chart" }), latencies = el("div", { class_: "chart" });
  put(root, el("h1", {}, "Overview"), tiles, el("h2", {}, "Pipeline"), hops, losses,
    el("h2", {}, "Requests of the last 5 minutes"), rates,
    el("h2", {}, link("Latency", address("heatmap"))), latencies, el("h2", {}, "Senders"), senders);
  const drawRates = lines(rates, 130, "Requests and errors a second over the last 5 minutes", rate, signal);
  const drawLatencies = lines(latencies, 130, "Latency percentiles over the last 5 minutes", duration, signal);
  const columns = new Columns({ span: SPAN_MS, most: SLOTS, query: "", signal });
  const drawColumns = () => {
    const shown = columns.list();
    const seconds = shown.width / 1000;
    const of = (pick) => shown.columns.map((column, at) => (at === shown.columns.length - 1 ? null : column ? pick(column) : null));
    const zero = (pick) => of(pick).map((value, at) => (at === shown.columns.length - 1 ? null : value ?? 0));
    const chart = { begin: shown.begin, width: shown.width, slots: shown.columns.length };
    drawRates({ ...chart, series: [{ name: "requests/s", colour: "accent", values: zero(({ count: all }) => all / seconds) },
      { name: "errors/s", colour: "bad", values: zero(({ errors }) => errors / seconds) }] });
    drawLatencies({ ...chart, series: [{ name: "p50", colour: "accent", values: of(({ p50 }) => p50) },
      { name: "p99", colour: "text", values: of(({ p99 }) => p99) }] });
    return shown.columns.slice(-RECENT - 1, -1).filter(Boolean);
  };
  let recent = [];
  const drawLive = ({ tick, before }) => {
    if (!tick) return;
    drawTiles(tiles, tick, before, recent, columns.width / 1000 * RECENT);
    drawHops(hops, tick, before);
    drawLosses(losses, tick);
    drawSenders(senders, tick, before);
  };
  await columns.refresh();
  recent = drawColumns();
  drawLive({ tick: await ask("page/now", {}, signal), before: null });
  subscribe(async (state) => {
    if (document.hidden || !state.tick) return;
    drawLive(state);
    if (await columns.refresh().catch(() => false)) recent = drawColumns();
  }, signal);
}

function tile(text, name, tone = "") {
  return el("div", { class_: "tile" }, el("b", { class_: tone }, text), el("span", {}, name));
}

function drawTiles(root, tick, before, recent, seconds) {
  const requests = recent.reduce((total, column) => total + column.count, 0);
  const errors = recent.reduce((total, column) => total + column.errors, 0);
  // percentiles cannot be added up: the worst column of the minute is named as such
  const worst = (name) => (recent.length ? Math.max(...recent.map((column) => column[name])) : null);
  put(root, tile(rate(requests / seconds), "requests/s, last minute"),
    tile(requests ? `${(errors / requests * 100).toFixed(errors ? 2 : 0)} %` : "–", `errors (${count(errors)} of ${count(requests)})`, errors ? "bad" : ""),
    tile(duration(worst("p50")), "p50, highest of 5 s"), tile(duration(worst("p99")), "p99, highest of 5 s"),
    tile(rate(spanRate(tick, before)), "spans/s"),
    tile(bytes(tick.store.bytes), `stored, of ${bytes(tick.store.most_bytes)}; at most ${Math.round(tick.store.most_age_s / 3600)} h`));
}

function drawHops(root, tick, before) {
  const services = Object.keys(tick.latest ?? {});
  const refused = sum(tick.refused), failed = sum(tick.failed);
  const senders = services.map((service) => {
    const silent = tick.at - tick.latest[service];
    return el("div", {}, el("b", {}, service), el("span", { class_: silent > SILENT_S ? "dim" : "good" }, `sent ${ago(silent)}`));
  });
  const total = SIGNALS.map((name) => {
    const all = Object.keys(tick.volume[name] ?? {}).reduce((found, service) => found + (rateOf(tick, before, name, service) ?? 0), 0);
    return `${before ? rate(all) : "–"} ${{ traces: "spans", metrics: "points", logs: "records" }[name]}/s`;
  });
  put(root,
    el("li", { class_: "hop" }, ...(senders.length ? senders : [el("b", {}, "nobody has sent anything yet"), "labctl load"])),
    el("li", { class_: "hop arrow" }, ...total.map((text) => el("div", {}, text)), el("div", { "aria-hidden": "true" }, "→")),
    el("li", { class_: "hop" }, el("b", {}, "viewer"), el("div", { class_: refused ? "bad" : "good" }, refused ? `${count(refused)} refused` : "nothing refused"),
      el("div", { class_: "dim" }, `since ${clock(tick.started * 1000)}`)),
    el("li", { class_: "hop arrow" }, el("div", { class_: failed ? "bad" : "" }, failed ? `${count(failed)} requests not taken` : "all written"),
      el("div", { "aria-hidden": "true" }, "→")),
    el("li", { class_: "hop" }, el("b", {}, "store"), el("div", { class_: tick.store.cannot_write ? "bad" : "good" },
      tick.store.cannot_write ? `cannot be written: ${tick.store.cannot_write}` : "can be written"),
      el("div", { class_: "dim" }, `${(tick.store.bytes / tick.store.most_bytes * 100).toFixed(0)} % of its limit`)));
}

function drawLosses(root, tick) {
  const rows = Object.entries(tick.reasons).flatMap(([name, reasons]) =>
    Object.entries(reasons).map(([reason, items]) => [count(items), name, reason]));
  rows.push(...Object.entries(tick.unauthorised).map(([reason, items]) => [count(items), "access", reason.replaceAll("_", " ")]));
  const duplicates = sum(tick.duplicates);
  put(root, rows.length ? table([["Refused", "number"], ["Signal"], ["Why", "text"]], rows) : null,
    el("p", { class_: "note" }, duplicates ? `${count(duplicates)} items came twice and are stored once. ` : "",
      "What was lost before it came here (in the service or the collector) is not known to this page: labctl why names it."));
}

function drawSenders(root, tick, before) {
  const services = [...new Set(SIGNALS.flatMap((name) => Object.keys(tick.volume[name] ?? {})))].sort();
  const cell = (service, name) => {
    const found = tick.volume[name]?.[service];
    return found ? `${count(found.items)}${before ? ` (${rate(rateOf(tick, before, name, service))}/s)` : ""}` : "–";
  };
  put(root, services.length ? table([["Service", "text"], ["Spans", "number"], ["Points", "number"], ["Log records", "number"], ["Last", "number"]],
    services.map((service) => [link(service, address("traces", { query: `service=${JSON.stringify(service)}` })), ...SIGNALS.map((name) => cell(service, name)),
      tick.latest?.[service] ? ago(tick.at - tick.latest[service]) : "unknown"])) : el("p", { class_: "note" }, "None since the viewer started."));
}
