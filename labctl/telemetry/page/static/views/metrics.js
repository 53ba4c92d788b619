// Every metric with its type and unit; of the one that is chosen its series over time, percentiles, buckets, and exemplars.

import { el, link, put, table } from "../kit/dom.js";
import { ask, within } from "../kit/fetch.js";
import { clock, count, counted, cut, moment, quantity } from "../kit/format.js";
import { keys } from "../kit/keys.js";
import { ofLab, subscribe } from "../kit/live.js";
import { pausing } from "../kit/pause.js";
import { address, change, go } from "../kit/route.js";
import { bucketChart, swatch, timeChart } from "./metric-charts.js";
import { MINUTES } from "./time-ranges.js";

const EVERY_MS = 5000, LISTED = 100, VALUED = 60, FEW = 10, BOXES = 60;
const PARTS = ["name", "service", "type", "minutes", "end", "on"];

export async function show(root, { parameters, signal }) {
  const field = el("input", { type: "search", "aria-label": "Filter metrics by name", placeholder: "filter by name", spellcheck: "false" });
  const minutes = el("select", { "aria-label": "Time range" }, ...MINUTES.map((one) => el("option", { value: one }, one < 60 ? `last ${one} min` : `last ${one / 60} h`)));
  const pause = pausing();
  const chosen = el("div"), list = el("div"), note = el("p", { class_: "note" }), problem = el("p", { class_: "problem", role: "alert" });
  const form = el("form", { role: "search" }, field, minutes, pause.button, pause.note);
  const summary = el("summary"), fold = el("details", { class_: "listed", open: true }, summary, list, note);
  put(root, el("h1", {}, "Metrics"), form, problem, fold, chosen);
  const state = { asked: {}, metrics: [], values: new Map(), left: false, at: 0, detail: null, shown: "", picked: -1 };
  let stopDetail = new AbortController();
  signal.addEventListener("abort", () => stopDetail.abort());

  const drawList = () => {
    const wanted = field.value.toLowerCase(), shown = state.metrics.filter(({ name }) => name.toLowerCase().includes(wanted));
    put(summary, counted(shown.length, "metric"));
    put(list, shown.length ? metricTable(shown.slice(0, LISTED), state) : null);
    put(note, !state.metrics.length ? `No metrics yet.${ofLab(" labctl load sends requests.")}` : `${counted(shown.length, "metric")}${shown.length > LISTED ? `, ${LISTED} listed: filter by name to see others` : ""}. ` +
      `Rates are per second, over the last minute.${state.left ? " There are too many metrics: some are left out." : ""}`);
  };
  const readList = async () => {
    const answer = await ask("page/metrics", {}, signal);
    Object.assign(state, { metrics: answer.metrics, left: answer.left_out });
    const names = answer.metrics.filter(({ name, series }) => series <= FEW && !name.includes(",") && name.toLowerCase().includes(field.value.toLowerCase())).slice(0, VALUED).map(({ name }) => name);
    const values = names.length ? (await ask("page/values", { name: names.join(",") }, signal)).series : [];
    state.values = totals(values);
    drawList();
  };
  const readChosen = async () => {
    const { asked } = state;
    if (!asked.name) { stopDetail.abort(); put(chosen); state.shown = ""; state.detail = null; return; }
    const answer = await ask("page/metric", asked, signal);
    if (asked !== state.asked) return;
    const shape = [asked.name, asked.service, answer.type, answer.unit, Boolean(answer.percentiles), Boolean(answer.buckets)].join("\n");
    if (state.shown !== shape) {
      stopDetail.abort();
      stopDetail = new AbortController();
      Object.assign(state, { shown: shape, detail: detail(chosen, asked, answer, stopDetail.signal) });
    }
    state.detail.update(answer, asked);
  };
  const refresh = async () => {
    const { asked } = state;
    state.at = Date.now();
    try {
      await Promise.all([readList(), readChosen()]);
      if (asked === state.asked) put(problem);
    } catch (error) {
      if (!signal.aborted && asked === state.asked) put(problem, error.message);
    }
  };
  const read = (from) => {
    const before = state.asked.name;
    state.asked = Object.fromEntries(PARTS.map((name) => [name, from.get(name) ?? ""]));
    if (!/^\d{1,13}$/.test(state.asked.end)) state.asked.end = "";
    if (document.activeElement !== field) field.value = from.get("find") ?? "";
    // a chart that is open is not below a long list
    if (before !== state.asked.name) fold.open = !state.asked.name;
    fold.toggleAttribute("data-chosen", Boolean(state.asked.name));
    minutes.value = MINUTES.map(String).includes(state.asked.minutes) ? state.asked.minutes : "10";
    pause.show(state.asked.end ? `paused at ${clock(Number(state.asked.end))}` : "");
    return refresh();
  };
  const togglePause = () => change({ end: state.asked.end ? "" : String(Date.now()) });
  form.addEventListener("submit", (event) => event.preventDefault());
  field.addEventListener("input", () => {
    fold.open = true;
    change({ find: field.value }, { replace: true });
    drawList();
  });
  minutes.addEventListener("change", () => change({ minutes: minutes.value }));
  pause.button.addEventListener("click", togglePause);
  keys({
    p: ["pause or resume", togglePause], e: ["next exemplar", () => state.detail?.pick(1)], E: ["previous exemplar", () => state.detail?.pick(-1)],
    Enter: ["open the exemplar's trace", () => state.detail?.open()],
    Escape: ["back to all metrics", () => change(Object.fromEntries([...PARTS, "find"].map((name) => [name, ""])))],
  }, signal);
  await read(parameters);
  let busy = false;
  subscribe(async () => {
    if (document.hidden || busy || state.asked.end || Date.now() - state.at < EVERY_MS || root.contains(document.activeElement?.closest?.("table, fieldset"))) return;
    busy = true;
    await refresh();
    busy = false;
  }, signal);
  return (next) => {
    const other = next.get("name") !== (state.asked.name || null);
    read(next);
    if (other) scrollTo(0, 0);
  };
}

// metrics of one name may differ in all of these
const identity = ({ service, name, type, unit, monotonic }) => [service, name, type, unit, Boolean(monotonic)].join("\n");
const numbers = (...values) => values.every((value) => typeof value === "number");

// of all series of a metric together; several gauges have no total
function totals(series) {
  const found = new Map();
  for (const one of series) {
    const key = identity(one), before = found.get(key), value = one.type === "histogram" ? one.count : one.value;
    const grown = one.window?.seconds ? one.window.increase / one.window.seconds : undefined;
    found.set(key, before ? { value: one.monotonic && numbers(before.value, value) ? before.value + value : null, rate: before.rate + grown } : { value, rate: grown });
  }
  return found;
}

function metricTable(shown, { values }) {
  return table([["Metric", "text"], ["Service", "wide"], ["Type"], ["Unit", "wide"], ["Series", "number"], ["Value or count", "number"], ["Rate/s", "number"]], shown.map((one) => {
    const found = values.get(identity(one));
    return [link(cut(one.name, 120), address("metrics", { name: one.name, service: one.service, type: one.type })), cut(one.service, 40), typeOf(one), cut(one.unit || "–", 20),
      count(one.series), quantity(found?.value, one.type === "histogram" ? "" : one.unit), quantity(Number.isFinite(found?.rate) ? found.rate : null)];
  }), undefined, "Metrics");
}

const typeOf = ({ type, monotonic }) => (type === "sum" ? (monotonic ? "counter" : "up-down counter") : type);
const labels = (attributes) => Object.entries(attributes).map(([key, text]) => `${key}=${text}`).join(" ") || "without attributes";

function detail(root, asked, first, signal) {
  const facts = el("p", { class_: "note" }), rates = el("div", { class_: "chart" }), took = el("div", { class_: "chart" }), buckets = el("div", { class_: "chart" });
  const legend = el("div"), examples = el("div");
  const unit = first.unit, inUnit = (value) => quantity(value, unit), adds = first.monotonic || first.type === "histogram";
  const format = adds ? (value) => (typeof value === "number" ? `${quantity(value, first.type === "sum" ? unit : "")}/s` : "–") : inUnit;
  const state = { exemplars: [], picked: -1, answer: first, legend: "", swatches: null };
  const openTrace = (one) => go(address("trace", { span: one.span_id }, one.trace_id));
  put(root, el("h2", {}, cut(asked.name), " ", el("button", { type: "button", class_: "small", onclick: () => change({ name: "", service: "", type: "", on: "" }) }, "Close")),
    facts, el("h3", {}, adds ? (first.type === "histogram" ? "Observations per second" : "Rate per second") : "Value"), rates,
    first.percentiles ? el("h3", {}, "Percentiles, interpolated from buckets") : null, first.percentiles ? took : null,
    first.buckets ? el("h3", {}, "Observations by bucket") : null, first.buckets ? buckets : null, legend, examples);
  const drawRates = timeChart(rates, { height: 150, label: "Series over time", format, bytes: unit === "By" && first.type !== "histogram", open: openTrace, signal });
  const drawTook = first.percentiles ? timeChart(took, { height: 170, label: "Percentiles over time, and exemplars", format: inUnit, bytes: unit === "By", open: openTrace, signal }) : null;
  const drawBuckets = first.buckets ? bucketChart(buckets, { height: 150, label: "Observations by bucket over time", format: inUnit, signal }) : null;
  const draw = () => {
    const { answer } = state, frame = { begin: answer.begin, width: answer.width, slots: answer.slots };
    const dots = { dots: state.exemplars, picked: state.exemplars[state.picked] ?? null };
    drawRates({ ...frame, series: answer.series.map(({ id, values }, place) => ({ name: cut(labels(answer.known.find((one) => one.id === id)?.attributes ?? {}), 40), place, values })),
      ...(drawTook || adds ? {} : dots) });
    if (answer.percentiles) drawTook?.({ ...frame, named: true, series: Object.entries(answer.percentiles).map(([name, values], place) => ({ name, place, values })), ...dots });
    if (answer.buckets) drawBuckets?.({ ...frame, buckets: answer.buckets });
  };
  const update = (answer, now) => {
    const held = state.exemplars[state.picked];
    Object.assign(state, { answer, exemplars: [...answer.exemplars].sort((a, b) => a.time - b.time) });
    state.picked = held ? state.exemplars.findIndex((one) => one.time === held.time && one.trace_id === held.trace_id) : -1;
    put(facts, `${typeOf(answer)} · ${unit || "no unit"} · ${cut(answer.service, 60)} · ${counted(answer.known.length + answer.left_out, "series", "series")} · ` +
      `${moment(answer.begin).slice(0, 19)} to ${moment(answer.begin + answer.width * answer.slots)}`);
    draw();
    drawLegend(answer, now);
    put(examples, exemplarTable(state));
  };
  // its swatches are canvases, so it stays as it is until it says something else
  const drawLegend = (answer, now) => {
    const key = JSON.stringify([answer.known, answer.series.map(({ id }) => id), answer.left_out, Boolean(answer.percentiles), now.on]);
    if (key === state.legend || legend.contains(document.activeElement)) return;
    state.legend = key;
    state.swatches?.abort();
    state.swatches = within(signal);
    put(legend, seriesLegend(answer, now, state.swatches.signal));
  };
  const pick = (step) => {
    if (!state.exemplars.length) return;
    state.picked = (state.picked + step + state.exemplars.length + (state.picked < 0 && step < 0 ? 1 : 0)) % state.exemplars.length;
    draw();
    put(examples, exemplarTable(state));
    examples.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  };
  return { update, pick, open: () => state.exemplars[state.picked] && openTrace(state.exemplars[state.picked]) };
}

// each is a box, those that are drawn first; of many, those whose attributes contain a text
function seriesLegend({ known, series, left_out: left, percentiles }, { on }, signal) {
  const drawn = series.map(({ id }) => id), boxes = el("div", { class_: "boxes" }), field = el("input", { type: "search", "aria-label": "Filter series by attribute", placeholder: "filter by attribute", spellcheck: "false" });
  const fill = () => {
    const wanted = field.value.toLowerCase(), found = known.filter(({ attributes }) => labels(attributes).toLowerCase().includes(wanted));
    const order = [...found.filter(({ id }) => drawn.includes(id)), ...found.filter(({ id }) => !drawn.includes(id))];
    put(boxes, ...order.slice(0, BOXES).map(({ id, attributes }) => box(id, attributes)), order.length > BOXES ? el("span", { class_: "dim" }, `and ${count(order.length - BOXES)} more`) : null);
  };
  const box = (id, attributes) => {
    const place = drawn.indexOf(id), made = el("input", { type: "checkbox", checked: place >= 0 });
    made.addEventListener("change", () => {
      const next = made.checked ? [...drawn, id] : drawn.filter((one) => one !== id);
      made.blur();
      change({ on: next.join(",") });
    });
    return el("label", { class_: "box" }, made, place >= 0 ? swatch(place, signal) : null, el("span", {}, cut(labels(attributes), 120)));
  };
  field.addEventListener("input", fill);
  fill();
  return el("fieldset", {}, el("legend", {}, `Series${percentiles ? ", merged for the percentiles" : ""}`), known.length > 12 ? field : null, boxes,
    on ? el("button", { type: "button", class_: "small", onclick: () => change({ on: "" }) }, "Reset") : null,
    left ? el("p", { class_: "note" }, `${count(left)} more series are left out.`) : null);
}

function exemplarTable({ exemplars, picked, answer }) {
  if (!exemplars.length) return answer.type === "histogram" ? el("p", { class_: "note" }, "No exemplars in this time range.") : null;
  // the largest; and the one that is picked, whatever it is
  const largest = [...exemplars].sort((a, b) => Number(b.value) - Number(a.value)).slice(0, 10), one = exemplars[picked];
  const listed = one && !largest.includes(one) ? [one, ...largest] : largest;
  return el("div", {}, el("h3", {}, `Exemplars, with their traces${exemplars.length > 10 ? `, the largest of ${count(exemplars.length)}` : ""}`),
    table([["Time", "number"], ["Value", "number"], ["Trace", "id text"]], listed.map((each) => [clock(each.time, true), quantity(each.value, answer.unit),
      each.trace_id ? link(each.trace_id, address("trace", { span: each.span_id }, each.trace_id)) : "none"]), (place) => (listed[place] === one ? { "aria-selected": "true" } : {}), "Exemplars"));
}
