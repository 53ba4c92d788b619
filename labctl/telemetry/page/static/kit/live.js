// What the viewer tells once a second. `subscribe` gives each tick with the one before it, for rates; it ends with the signal.

import { passing, setRemedy, token } from "./fetch.js";

const APART_S = 5;                 // no rate of ticks that are further apart: the page was hidden meanwhile
const WORKER = new URL("./live-worker.js", import.meta.url).href;
const listeners = new Set();
const state = { tick: null, before: null, lost: "", ahead: 0 };
let port = null;

export function subscribe(listener, signal) {
  if (signal.aborted) return;
  listeners.add(listener);
  signal.addEventListener("abort", () => listeners.delete(listener));
  if (state.tick || state.lost) listener(state);
  if (!port) connect();
}

// retries `work` with each tick until it succeeds; `failed(error)` is called each time it does not
export function persist(work, failed, signal) {
  let due = false;
  const attempt = async () => {
    due = false;
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      due = passing(error);
      failed(error);
    }
  };
  subscribe(() => { if (due && !document.hidden) attempt(); }, signal);
  return attempt();
}

function connect() {
  const policy = globalThis.trustedTypes?.createPolicy("labctl-worker", { createScriptURL: () => WORKER });
  const url = policy ? policy.createScriptURL("") : WORKER;
  const worker = new SharedWorker(url, { name: "labctl-live" });
  port = worker.port;
  port.onmessage = ({ data }) => receive(data);
  port.start();
  hello();
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => event.persisted && hello());
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : hello()));
  addEventListener("token-given", hello);
}

const leave = () => port.postMessage({ leave: true });

// the stream is read while a tab can be seen
function hello() {
  if (!document.hidden) port.postMessage({ authorization: token() ? `Bearer ${token()}` : null });
}

function receive(message) {
  if (message.tick && !message.tick.error) {
    // after a restart the counts begin at zero: no rate across it
    const after = state.tick && state.tick.started === message.tick.started ? message.tick.at - state.tick.at : 0;
    state.before = after > 0 && after < APART_S ? state.tick : null;
    Object.assign(state, { tick: message.tick, ahead: message.tick.at * 1000 - Date.now() });
    state.lost = "";
  } else state.lost = message.lost ?? `No live data: ${message.tick.error}`;
  for (const listener of listeners) listener(state);
}

// the viewer is that of `labctl view`: nothing is live
export const ofFiles = "files" in document.documentElement.dataset;
export const ofLab = (hint) => (ofFiles ? "" : hint);
if (ofFiles) setRemedy("Run labctl view FILE again.");

// ms; the browser's clock may differ from the viewer's
export const viewerNow = () => Date.now() + state.ahead;

// items a second of one signal and service between two ticks; null where it is not known
export function rateOf(current, before, signal, service) {
  if (!before) return null;
  const items = (tick) => tick.volume[signal]?.[service]?.items ?? 0;
  return Math.max(0, (items(current) - items(before)) / (current.at - before.at));
}

export const sum = (table) => Object.values(table ?? {}).reduce((total, value) => total + value, 0);
