// Everything that was sent with one span; it is asked for when the span is selected, and its long texts when they are wanted.

import { el, link, put } from "../kit/dom.js";
import { ask, within } from "../kit/fetch.js";
import { count, counted, cut, duration, moment, quantity } from "../kit/format.js";
import { quoted } from "../kit/query.js";
import { address } from "../kit/route.js";
import { facts, section } from "../kit/values.js";

const LONG = 400, MOST = 200, MOST_LOGS = 20, AROUND_MS = 300000, SECOND_MS = 1000, NEAR = 0.1, FEW = 5;
let stop = new AbortController();

export async function spanDetail(root, view, at, signal) {
  stop.abort();
  const mine = stop = within(signal);
  const { data, tree } = view, id = data.span_ids.slice(at * 16, at * 16 + 16), path = `page/traces/${data.trace_id}/spans/${id}`;
  // of several with one id, the one that begins when this one does
  const ours = (spans) => spans.find((one) => Math.abs((one.start - data.start) * 1e9 - tree.starts[at]) < 1000) ?? spans[0];
  let all = null;
  const whole = () => (all ??= ask(path, { whole: 1 }, mine.signal).then(({ spans }) => ours(spans)).catch((error) => { all = null; throw error; }));
  try {
    const spans = view.first.span_id === id && view.first.spans.length ? view.first.spans : (await ask(path, {}, mine.signal)).spans;
    await view.marked;
    if (mine.signal.aborted) return;
    const span = ours(spans);
    put(root, ...drawn(span, view, at, id, whole), spans.length > 1 ? el("p", { class_: "warn" }, `${count(spans.length)} spans have this id.`) : null);
  } catch (error) {
    if (!mine.signal.aborted) put(root, el("p", { class_: "problem" }, error.message));
  }
}

function drawn(span, view, at, id, whole) {
  const { tree, data } = view, logs = view.logs.get(at) ?? [], metrics = view.exemplars.filter((one) => one.span_id === id);
  return [
    el("h2", {}, cut(span.name || "(no name)", LONG)),
    el("p", { class_: "ways" }, ...ways(span, view, at)),
    facts({
      service: span.service, kind: span.kind, status: span.message ? `${span.status}: ${span.message}` : span.status,
      duration: duration(tree.durations[at]), "self time": duration(tree.self[at]),
      start: moment(span.start * 1000), offset: `${duration(tree.starts[at])} from trace start`,
      "span id": id, "parent id": span.parent_id || "none: a root span", "trace id": data.trace_id,
    }, null, (key) => key.endsWith(" id") && (key !== "parent id" || span.parent_id)),
    metrics.length ? el("h3", {}, "Exemplars") : null,
    ...byMetric(metrics).slice(0, MOST).map(([one, values]) => el("p", {}, link(cut(one.name, 120), address("metrics", { name: one.name, service: one.service, type: one.type })),
      ` ${values.slice(0, FEW).join(", ")}${values.length > FEW ? ` and ${count(values.length - FEW)} more` : ""}`)),
    ...section("Attributes", span.attributes, async () => (await whole()).attributes),
    ...span.events.slice(0, MOST).flatMap((event, place) => [el("h3", {}, `Event: ${cut(event.name || "(no name)", LONG)} (${event.at_ms < 0 ? "" : "+"}${duration(event.at_ms * 1e6)})`),
      facts(event.attributes, async () => (await whole()).events[place].attributes)]),
    ...span.links.slice(0, MOST).flatMap((one, place) => [el("h3", {}, "Link to ", link(one.trace_id === data.trace_id ? `span ${one.span_id} of this trace` : `trace ${one.trace_id.slice(0, 12)}…`,
      address("trace", { span: one.span_id }, one.trace_id))), facts(one.attributes, async () => (await whole()).links[place].attributes)]),
    logs.length ? el("h3", {}, "Logs") : null,
    ...logs.slice(0, MOST_LOGS).map((log) => el("p", { class_: "mono" }, link(duration(log.at - tree.starts[at]), logAddress(data.trace_id, id, log.row)), el("span", { class_: "dim" }, ` ${log.severity} `), cut(log.body, 2000))),
    logs.length > MOST_LOGS ? el("p", {}, link(`All ${count(logs.length)} log records`, logAddress(data.trace_id, id))) : null,
    ...section("Resource", span.resource, async () => (await whole()).resource),
  ].filter(Boolean);
}

const logAddress = (trace, span, record = "") => address("logs", { trace_id: trace, span_id: span, record });

// each metric once, with its values
function byMetric(exemplars) {
  const found = new Map();
  for (const one of exemplars) {
    const key = `${one.service}\n${one.name}`;
    if (!found.has(key)) found.set(key, [one, []]);
    found.get(key)[1].push(quantity(one.value, one.unit));
  }
  return [...found.values()];
}

// where this span leads to
function ways(span, view, at) {
  const { tree, data } = view, logs = (view.logs.get(at) ?? []).length, root = rootOf(tree, at), begin = data.start * 1000 + tree.starts[root] / 1e6, [, name] = data.origins_table[data.origins[root]];
  const second = Math.floor(begin / SECOND_MS) * SECOND_MS, took = tree.durations[root];
  return [
    ...logs ? [link(counted(logs, "log record"), logAddress(data.trace_id, data.span_ids.slice(at * 16, at * 16 + 16)))] : [],
    link("Traces with this span", address("traces", { query: `service=${quoted(span.service)} name=${quoted(span.name)}` })),
    link(`Heatmap of ${cut(name || "(no name)", 40)}`, address("heatmap", { begin: second - AROUND_MS, end: second + AROUND_MS, from: second, to: second + SECOND_MS,
      low: Math.floor(took * (1 - NEAR)), high: Math.ceil(took * (1 + NEAR)) + 1, query: `name=${quoted(name)}` })),
  ];
}

function rootOf({ parent, size }, at) {
  for (let steps = 0; parent[at] >= 0 && steps < size; steps += 1) at = parent[at];
  return at;
}
