// Every metric with its type and unit; of the one that is chosen its series over time, its percentiles, and exemplars as dots.

import { canvas, colours, timeTicks } from "../kit/canvas.js";
import { el, link, put, table } from "../kit/dom.js";
import { ask } from "../kit/fetch.js";
import { clock, count, cut } from "../kit/format.js";
import { lines } from "../kit/lines.js";
import { subscribe } from "../kit/live.js";
import { address, change } from "../kit/route.js";

const WINDOW_S = 600, SLOTS = 60, EVERY_MS = 5000, MOST_SERIES = 200, MOST_LINES = 6;
const COLOURS = ["accent", "text", "bad", "warn", "good", "dim"];

export async function show(root, { parameters, signal }) {
  const field = el("input", { type: "search", "aria-label": "Only metrics whose name contains", placeholder: "part of a name", spellcheck: "false" });
  const list = el("div"), chosen = el("div"), note = el("p", { class_: "note" }), problem = el("p", { class_: "problem", role: "alert" });
  const form = el("form", { role: "search" }, field);
  put(root, el("h1", {}, "Metrics"), form, problem, chosen, list, note);
  const state = { series: [], name: parameters.get("name") ?? "", service: parameters.get("service") ?? "", draw: null, at: 0, left: 0 };

  const drawList = () => {
    const wanted = field.value.toLowerCase();
    const shown = state.series.filter(({ name }) => name.toLowerCase().includes(wanted));
    put(list, table([["Metric", "text"], ["Service", "wide"], ["Type"], ["Unit"], ["Attributes", "text wide"], ["Value", "number"], ["per s", "number"]],
      shown.slice(0, MOST_SERIES).map((one) => [link(cut(one.name, 120), address("metrics", { name: one.name, service: one.service })), cut(one.service, 40),
        one.monotonic && one.type !== "histogram" ? "counter" : one.type, cut(one.unit || "–", 20), cut(labels(one), 200), value(one), perSecond(one)]),
      undefined, "Series"));
    put(note, !state.series.length ? "No metrics yet." : `${count(shown.length)} series${shown.length > MOST_SERIES ? `, of which ${MOST_SERIES} are listed` : ""}; ` +
      `rates and percentiles are of the last ${WINDOW_S / 60} minutes.${state.left ? ` ${count(state.left)} series were left out: too many.` : ""}`);
  };
  const drawChosen = () => {
    const found = state.series.filter((one) => one.name === state.name && (!state.service || one.service === state.service));
    if (!state.name) { put(chosen); state.draw = null; return; }
    if (!found.length) { put(chosen, el("p", {}, `There is no metric ${cut(state.name)}.`)); return; }
    state.draw ??= detail(chosen, found[0], signal);
    state.draw(found, state.at);
  };
  const refresh = async () => {
    try {
      const answer = await ask("metrics", { window: WINDOW_S, slots: SLOTS }, signal);
      Object.assign(state, { series: answer.series, left: answer.left_out, at: Date.now() });
      put(problem);
      drawList();
      drawChosen();
    } catch (error) {
      if (!signal.aborted) put(problem, error.message);
    }
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  field.addEventListener("input", drawList);
  await refresh();
  let busy = false;
  subscribe(async () => {
    if (document.hidden || busy || Date.now() - state.at < EVERY_MS || root.contains(document.activeElement?.closest?.("table"))) return;
    busy = true;
    await refresh();
    busy = false;
  }, signal);
  return (next) => {
    Object.assign(state, { name: next.get("name") ?? "", service: next.get("service") ?? "", draw: null });
    drawChosen();
    scrollTo(0, 0);
  };
}

const labels = ({ attributes }) => Object.entries(attributes).map(([key, text]) => `${key}=${text}`).join(" ") || "–";
const number = (found) => (typeof found === "number" ? (Number.isInteger(found) ? count(found) : String(Number(found.toPrecision(4)))) : found ?? "–");
const value = (one) => (one.type === "histogram" ? count(one.count) : number(one.value));

function perSecond({ monotonic, type, window }) {
  if (!(monotonic || type === "histogram") || !window || window.increase === undefined || !window.seconds) return "–";
  return number(Number((window.increase / window.seconds).toPrecision(3)));
}

// within a bucket values are taken to be spread evenly; above the last bound nothing is known but the largest
export function quantile({ bounds, counts }, share, largest) {
  const total = counts.reduce((all, one) => all + one, 0);
  if (!total) return null;
  let below = 0;
  for (let at = 0; at < counts.length; at += 1) {
    if (below + counts[at] >= share * total && counts[at]) {
      if (at === bounds.length) return typeof largest === "number" ? largest : bounds.at(-1) ?? null;
      const low = at ? bounds[at - 1] : Math.min(0, bounds[0]);
      return low + (bounds[at] - low) * ((share * total - below) / counts[at]);
    }
    below += counts[at];
  }
  return null;
}

function detail(root, first, signal) {
  const chart = el("div", { class_: "chart" }), dots = el("div", { class_: "chart" }), facts = el("p", { class_: "note" }), examples = el("div");
  put(root, el("h2", {}, cut(first.name), " ", el("span", { class_: "dim" }, first.unit), " ", el("button", { type: "button", onclick: () => change({ name: "", service: "" }) }, "Close")),
    facts, chart, dots, examples);
  const counts = first.monotonic || first.type === "histogram";
  const draw = lines(chart, 150, `${counts ? "increase a second" : "value"} over the last ${WINDOW_S / 60} minutes`, number, signal);
  const state = { exemplars: [], at: 0 };
  const plot = first.type === "histogram" || first.exemplars.length
    ? canvas(dots, 110, "Exemplars by time and value", (context, width, tall) => drawDots(context, width, tall, state), signal) : null;
  return (found, at) => {
    const slot = WINDOW_S * 1000 / SLOTS;
    const series = found.slice(0, MOST_LINES).map((one, place) => ({ name: cut(found.length > 1 ? labels(one) : counts ? "per s" : "value", 40), colour: COLOURS[place],
      values: (one.window?.slots ?? []).map((each) => (typeof each === "number" ? (counts ? each / (slot / 1000) : each) : null)) }));
    draw({ begin: at - WINDOW_S * 1000, width: slot, slots: SLOTS, series });
    put(facts, found.length > MOST_LINES ? `${count(found.length)} series, the first ${MOST_LINES} are drawn. ` : "", ...found.slice(0, MOST_LINES).filter(({ type }) => type === "histogram").map((one) => {
      const of = one.window?.counts?.length ? one.window : one, name = found.length > 1 ? `${labels(one)}: ` : "";
      if (!of.counts.some(Boolean)) return el("span", {}, `${name}no values in the last ${WINDOW_S / 60} minutes. `);
      return el("span", {}, `${name}${[50, 95, 99].map((percent) => `p${percent} ~${number(quantile(of, percent / 100, one.max))}`).join(" · ")} ${one.unit}, interpolated from buckets. `);
    }));
    state.exemplars = found.flatMap(({ exemplars }) => exemplars).filter((one) => one.time * 1000 > at - WINDOW_S * 1000);
    state.at = at;
    plot?.again();
    put(examples, state.exemplars.length ? table([["Exemplar", "number"], ["Value", "number"], ["Trace", "id text"]], [...state.exemplars].sort((a, b) => b.value - a.value).slice(0, 10)
      .map((one) => [clock(one.time * 1000, true), number(one.value), link(one.trace_id, address("trace", {}, one.trace_id))]), undefined, "Exemplars") : null);
  };
}

function drawDots(context, width, tall, { exemplars, at }) {
  const paint = colours(), left = 58, most = Math.max(1e-9, ...exemplars.map(({ value: one }) => Number(one) || 0));
  context.font = paint.font;
  context.fillStyle = paint.dim;
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillText(exemplars.length ? "exemplars: traces of single values" : "no exemplars in this time", left, 7);
  context.textAlign = "right";
  context.fillText(exemplars.length ? number(Number(most.toPrecision(3))) : "", left - 6, 22);
  context.fillText(exemplars.length ? "0" : "", left - 6, tall - 20);
  context.textAlign = "center";
  const x = (time) => left + (time - at + WINDOW_S * 1000) / (WINDOW_S * 1000) * (width - left - 8);
  for (const tick of timeTicks(at - WINDOW_S * 1000, at, width / 90)) context.fillText(clock(tick), Math.min(Math.max(x(tick), left + 20), width - 30), tall - 7);
  context.fillStyle = paint.accent;
  for (const one of exemplars) {
    context.beginPath();
    context.arc(x(one.time * 1000), tall - 20 - (Number(one.value) || 0) / most * (tall - 44), 3, 0, 7);
    context.fill();
  }
}
