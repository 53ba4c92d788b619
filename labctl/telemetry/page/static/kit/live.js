// What the viewer tells once a second. `subscribe` gives each tick with the one before it, for rates; it ends with the signal.

import { passing, setRemedy, token } from "./fetch.js";

const UNLIMITED = 2 ** 50;              // bytes; labctl view deletes nothing
const listeners = new Set();
const state = { tick: null, before: null, lost: "" };
let port = null;

export function subscribe(listener, signal) {
  if (signal.aborted) return;
  listeners.add(listener);
  signal.addEventListener("abort", () => listeners.delete(listener));
  if (state.tick || state.lost) listener(state);
  if (!port) connect();
}

// what did not come is asked for again with each tick, until it does; `failed(error)` says so meanwhile
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
  const policy = globalThis.trustedTypes?.createPolicy("labctl-worker", { createScriptURL: () => "/page/kit/live-worker.js" });
  const url = policy ? policy.createScriptURL("") : "/page/kit/live-worker.js";
  const worker = new SharedWorker(url, { name: "labctl-live" });
  port = worker.port;
  port.onmessage = ({ data }) => receive(data);
  port.start();
  hello();
  addEventListener("pagehide", () => port.postMessage({ leave: true }));
  addEventListener("pageshow", (event) => event.persisted && hello());
  addEventListener("token-given", hello);
}

function hello() {
  port.postMessage({ authorization: token() ? `Bearer ${token()}` : null });
}

function receive(message) {
  if (message.tick && !message.tick.error) {
    // after a restart the counts begin anew, and no rate is made of both
    state.before = state.tick && state.tick.started === message.tick.started && state.tick.at < message.tick.at ? state.tick : null;
    state.tick = message.tick;
    state.lost = "";
    if (showsFiles(message.tick)) setRemedy("Run labctl view FILE again.");
  } else state.lost = message.lost ?? `No live data: ${message.tick.error}`;
  for (const listener of listeners) listener(state);
}

// the viewer of `labctl view`
export const showsFiles = ({ store }) => store.most_bytes >= UNLIMITED;

// items a second of one signal and service between two ticks; null where it is not known
export function rateOf(current, before, signal, service) {
  if (!before) return null;
  const items = (tick) => tick.volume[signal]?.[service]?.items ?? 0;
  return Math.max(0, (items(current) - items(before)) / (current.at - before.at));
}

export const sum = (table) => Object.values(table ?? {}).reduce((total, value) => total + value, 0);
