// What is wrong in the lab as the viewer's tick says: who does not answer, what was lost, refused or is at a limit. Each {tone, short, text}.

import { ago, clock, count, counted } from "./format.js";
import { sum } from "./live.js";

// what is refused is sent again, and what was in a collector that ended in good order was sent
export const DOUBTFUL = { refused: "refused", ended: "possibly lost" };
const WAYS = { refused: "refused by the collector; ", ended: "possibly lost: " };
const ITEMS = { traces: "span", metrics: "data point", logs: "log record" };

// "bad" is what goes on; "warn" what is over, or may be made good by a sender that sends again
export function troubles(tick) {
  return [...silent(tick), ...losses(tick), ...waiting(tick), ...ofViewer(tick)];
}

function waiting({ pipeline }) {
  const counts = pipeline?.collector.counts, way = Object.values(counts?.exporters ?? {}).find((one) => one.to_viewer);
  // a batch or two may be on its way just now
  if (!(way?.queued > 2) || !way.rates || sum(way.rates) || pipeline.collector.answers !== "yes") return [];
  const spans = counts.held.traces, what = spans === null ? "Items" : counted(spans, "span"), are = spans === 1 ? "is" : "are";
  return [{ tone: "warn", hop: "collector → viewer", short: `${spans === null ? "items" : what} waiting in the collector`,
    text: `${what} ${are} waiting in the collector, which is sending nothing to the viewer: its queue holds ${count(way.queued)} of ${counted(way.capacity, "batch", "batches")}` }];
}

function silent({ pipeline, at }) {
  return ["service", "collector"].filter((name) => pipeline?.[name].answers === "no").map((name) => ({ tone: "bad", hop: name,
    short: `no valid response from the ${name}`, text: `No valid response from the ${name} since ${clock(pipeline[name].since * 1000)} (${ago(at - pipeline[name].since)}): ${pipeline[name].why}` }));
}

export function losses({ pipeline, at }) {
  return (pipeline?.losses ?? []).filter(({ meant }) => !meant).map((loss) => {
    const what = counted(loss.items, ITEMS[loss.signal]), lost = DOUBTFUL[loss.cause] ?? "lost";
    return { loss, tone: lost === "lost" && loss.lately !== 0 ? "bad" : "warn", hop: loss.hop, short: loss.lately === 0 ? "" : `${what} ${lost}`,
      text: `${what} ${WAYS[loss.cause] ?? `lost, ${loss.hop}: `}${loss.why}${when(loss, pipeline, at)}` };
  });
}

function when({ lately, cause, last }, { sdk_lately_s: seconds, collector_since: since }, at) {
  if (cause === "ended") return "";
  if (lately === null) return "; time unknown";
  const of = cause === "sdk" ? `in the last ${seconds / 60} min` : `since ${clock((since ?? 0) * 1000)}`;
  return lately ? `; ${count(lately)} of them ${of}${last ? `, the last ${ago(at - last)}` : ""}` : `; none ${of}`;
}

function ofViewer(tick) {
  const found = [], refused = sum(tick.refused), failed = sum(tick.failed), unauthorised = sum(tick.unauthorised);
  const add = (tone, short, text) => found.push({ tone, hop: "viewer", short, text });
  const since = `since ${clock(tick.started * 1000)}`;
  if (tick.store.cannot_write) add("bad", "the store cannot be written to", `The store cannot be written to: ${tick.store.cannot_write}`);
  if (tick.store.put_aside) add("bad", "the store could not be opened", `The store could not be opened. It was renamed to ${tick.store.put_aside} and a new one was created`);
  if (refused) add("bad", `${counted(refused, "item")} refused`, `The viewer refused ${counted(refused, "item")} ${since}: the reasons are below`);
  if (failed) add("warn", `${counted(failed, "export request")} not stored`, `The viewer could not store ${counted(failed, "export request")} ${since}; senders retry`);
  if (unauthorised) add("warn", `${counted(unauthorised, "request")} unauthorized`, `${counted(unauthorised, "request")} ${since} ${unauthorised === 1 ? "was" : "were"} unauthorized: the reasons are below`);
  if (tick.store.bytes > tick.store.most_bytes * 0.95) add("warn", "store full: the oldest is deleted", "The store has reached its size limit: the oldest telemetry is deleted");
  return found;
}
