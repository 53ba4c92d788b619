// Load runs, as far as the store tells them by the trace ids of their requests.

import { el, link, put, table } from "../kit/dom.js";
import { ask } from "../kit/fetch.js";
import { count, duration, moment } from "../kit/format.js";
import { subscribe } from "../kit/live.js";
import { address } from "../kit/route.js";

const EVERY_MS = 5000, GOING_MS = 5000;

export async function show(root, { signal }) {
  const list = el("div");
  put(root, el("h1", {}, "Runs"), list, el("p", { class_: "note" }, "Told from stored spans: requests of labctl load whose trace ids begin alike, at most 50 runs. What was planned, ",
    "what got no answer and the verdict are unknown here: they are in the kept run (labctl runs, labctl compare, labctl why RUN)."));
  let due = 0;
  const refresh = async () => {
    due = Infinity;
    const begun = Date.now();
    const { runs } = await ask("page/runs", {}, signal);
    put(list, runs.length ? table([["Began"], ["Length", "number"], ["Requests", "number"], ["per s", "number"], ["Errors", "number"], ["p50", "number"], ["p99", "number"], ["Max", "number"], ["Trace ids begin with", "id wide"], ["", ""]],
      runs.map((run) => {
        const seconds = Math.max((run.end - run.begin) / 1000, 0.001), margin = Math.max(1000, seconds * 20);
        const query = `run=${run.prefix}`;
        return [moment(run.begin).slice(0, 19), el("span", {}, duration(seconds * 1e9), Date.now() - run.end < GOING_MS ? el("b", { class_: "good" }, " going on") : ""), count(run.requests),
          (run.requests / seconds).toFixed(1), el("span", { class_: run.errors ? "bad" : "" }, count(run.errors)), duration(run.p50), duration(run.p99), duration(run.max), run.prefix,
          el("span", {}, link("heatmap", address("heatmap", { begin: Math.floor(run.begin - margin), end: Math.ceil(run.end + margin), query })), " ", link("traces", address("traces", { query })))];
      })) : el("p", {}, "No runs are stored. labctl load makes one."));
    // the more there is to look at, the less often it is looked at
    due = Date.now() + Math.max(EVERY_MS, (Date.now() - begun) * 50);
  };
  await refresh();
  subscribe(() => {
    if (!document.hidden && Date.now() > due) refresh().catch(() => { due = Date.now() + EVERY_MS; });
  }, signal);
}
