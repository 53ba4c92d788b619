// Everything that was sent with one span; it is asked for when the span is selected.

import { el, link, put } from "../kit/dom.js";
import { ask } from "../kit/fetch.js";
import { cut, duration, moment } from "../kit/format.js";
import { address } from "../kit/route.js";

const LONG = 400;
let stop = new AbortController();

export async function spanDetail(root, view, at, signal) {
  stop.abort();
  const mine = stop = new AbortController();
  signal.addEventListener("abort", () => mine.abort());
  const { data, tree } = view, id = data.span_ids.slice(at * 16, at * 16 + 16);
  try {
    const { spans } = await ask(`page/traces/${data.trace_id}/spans/${id}`, {}, mine.signal);
    if (mine.signal.aborted) return;
    // of several with one id, the one that begins when this one does
    const span = spans.find((one) => Math.abs((one.start - data.start) * 1e9 - tree.starts[at]) < 1000) ?? spans[0];
    put(root, ...drawn(span, view, at, id), spans.length > 1 ? el("p", { class_: "warn" }, `${spans.length} spans have this id.`) : null);
  } catch (error) {
    if (!mine.signal.aborted) put(root, el("p", { class_: "problem" }, error.message));
  }
}

function drawn(span, view, at, id) {
  const { tree } = view, logs = view.logs.get(at) ?? [];
  return [
    el("h2", {}, cut(span.name || "(no name)", LONG)),
    list({
      service: span.service, kind: span.kind, status: span.message ? `${span.status}: ${span.message}` : span.status,
      duration: duration(tree.durations[at]), "self time": duration(tree.self[at]),
      start: `${duration(tree.starts[at])} after the first span, ${moment(span.start * 1000)}`, "span id": id, "parent id": span.parent_id || "none: a root",
    }),
    logs.length ? el("h3", {}, "Logs") : null,
    ...logs.map((log) => el("p", { class_: "mono" }, el("span", { class_: "dim" }, `${duration(log.at - tree.starts[at])} ${log.severity} `), cut(log.body, 2000))),
    ...section("Attributes", span.attributes),
    ...span.events.slice(0, 200).flatMap((event) => [el("h3", {}, `Event ${cut(event.name, LONG)} at ${event.at_ms.toFixed(3)} ms`), list(event.attributes)]),
    ...span.links.slice(0, 200).flatMap((one) => [el("h3", {}, "Link to ", link(one.trace_id.slice(0, 12), address("trace", { span: one.span_id }, one.trace_id))), list(one.attributes)]),
    ...section("Resource", span.resource),
  ].filter(Boolean);
}

function section(title, table) {
  return Object.keys(table).length ? [el("h3", {}, title), list(table)] : [];
}

function list(table) {
  return el("dl", {}, ...Object.entries(table).flatMap(([key, value]) => [el("dt", {}, cut(key, LONG)), el("dd", { class_: "mono", tabindex: String(value).length > LONG ? 0 : undefined }, String(value))]));
}
