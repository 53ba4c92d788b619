// The overview of `labctl view`, where nothing is live: what is stored, of which time, and where it can be looked at.

import { el, link, renew, table } from "../kit/dom.js";
import { ask } from "../kit/fetch.js";
import { bytes, count, cut, moment } from "../kit/format.js";
import { persist, subscribe } from "../kit/live.js";
import { address } from "../kit/route.js";
import { known } from "../kit/services.js";
import { share, tile } from "./run-tiles.js";

const UNDERLINED = { class_: "underlined" };

// `also` is done each time that it is drawn
export async function showStored(root, first, also, signal) {
  let key = keyOf(first);
  const refresh = (tick) => persist(async () => {
    draw(root, tick, await ask("page/stored", {}, signal));
    await also();
  }, (error) => renew(root, el("p", { class_: "problem", role: "alert" }, error.message)), signal);
  await refresh(first);
  subscribe(({ tick }) => {
    if (document.hidden || !tick?.store || keyOf(tick) === key) return;
    key = keyOf(tick);
    refresh(tick);
  }, signal);
}

// differs once another file is loaded
const keyOf = ({ last_row: row, last_log: log, store }) => [row, log, store.bytes].join();

function draw(root, tick, found) {
  const { requests, spans, log_records: records, data_points: points } = found, services = known(tick);
  renew(root, el("div", { class_: "tiles" }, tile(count(requests.count), "requests"),
    tile(share(requests.failed, requests.count), `failed (${count(requests.failed)})`, requests.failed ? "bad" : ""),
    tile(count(spans.count), "spans"), tile(count(records.count), "log records"), tile(count(points.count), "data points"), tile(bytes(tick.store.bytes), "stored")),
  el("p", {}, timeOf(Object.values(found)), ...leads(found)),
  el("h2", {}, "Services"), services.length ? table([["Service", "text"]], services.map((service) => [
    link(cut(service || "(no name)", 100), address("traces", { query: `service=${JSON.stringify(service)}` }))]), undefined, "Services") : el("p", { class_: "note" }, "Nothing is stored yet."),
  el("p", { class_: "note" }, "To view another file, ", link("load it in Traces", address("traces"), UNDERLINED), " or drop it on this page."));
}

function timeOf(all) {
  const begins = all.map(({ begin }) => begin).filter((one) => one !== null), ends = all.map(({ end }) => end).filter((one) => one !== null);
  return begins.length ? `From ${moment(Math.min(...begins) * 1000)} to ${moment(Math.max(...ends) * 1000)}. ` : "";
}

function leads({ requests, spans, log_records: records, data_points: points }) {
  const found = [
    requests.count && ["Heatmap of all requests", address("heatmap", { begin: Math.floor(requests.begin) * 1000 - 1000, end: Math.ceil(requests.end) * 1000 + 1000 })],
    spans.count && ["Traces", address("traces")], records.count && ["Logs", address("logs")], points.count && ["Metrics", address("metrics")]];
  return found.filter(Boolean).flatMap(([text, to], at) => [at ? " · " : "", link(text, to, UNDERLINED)]);
}
