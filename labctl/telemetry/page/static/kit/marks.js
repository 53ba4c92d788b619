// What happened in a stretch of time: runs, faults and rollouts that labctl told of, and alerts of Alertmanager.

import { ask } from "./fetch.js";
import { clock, cut, duration, listed, tables } from "./format.js";
import { goesOn } from "./going.js";

export const KINDS = {
  run: { sign: "R", name: "Run", colour: "accent" }, fault: { sign: "F", name: "Fault", colour: "bad" },
  rollout: { sign: "V", name: "Rollout", colour: "good" }, alert: { sign: "!", name: "Alert", colour: "warn" },
};
const UNITS = { "µs": 1e3, us: 1e3, ms: 1e6, s: 1e9 };

const MOST_ASKED = 10;
const OBJECTIVES = new Map();      // by a run's key; they are planned before it begins

// each {kind, key, begin, end: ms or null while it goes on, title}, by their begin; null: neither can be asked for
export async function marks(begin, end, signal) {
  const quiet = (error) => { if (signal.aborted) throw error; return null; };
  const [told, alerts] = await Promise.all([
    ask("page/annotations", { begin: begin / 1000, end: end / 1000, data: "no" }, signal).then((found) => found.annotations, quiet),
    ask("page/alerts", {}, signal).then((found) => found.alerts, quiet),
  ]);
  if (!told && !alerts) return null;
  const found = (told ?? []).filter(({ kind }) => Object.hasOwn(KINDS, kind)).map(inMs);
  for (const { fingerprint, started, ended, labels, annotations } of alerts ?? []) {
    found.push({ kind: "alert", key: fingerprint, begin: started * 1000, end: ended === null ? null : ended * 1000,
      title: [labels.alertname, annotations.summary ?? annotations.description].filter(Boolean).join(": ") || fingerprint });
  }
  return found.filter((one) => one.begin < end && (one.end ?? Infinity) >= begin).sort((one, other) => one.begin - other.begin);
}

function inMs(one) {
  const silent = one.kind === "run" && one.end === null && !goesOn(one), end = silent ? one.told : one.end;
  return { ...one, silent, begin: one.begin * 1000, end: end === null ? null : end * 1000 };
}

export function markText({ kind, begin, end, title, silent }) {
  const until = silent ? `, no report since ${clock(end)}` : end === null ? ", in progress" : end - begin >= 1 ? `, for ${duration((end - begin) * 1e6)}` : "";
  return `${KINDS[kind].name} at ${clock(begin)}${until}: ${cut(String(title), 200)}`;
}

// of these marks the runs whose key begins with `prefix`
export const runsOf = (all, prefix = "") => (all ?? []).filter(({ kind, key }) => kind === "run" && key.startsWith(prefix.toLowerCase()));

// the objective of the newest of these runs that has one, as {ns, text}; null: there is none, or it was not asked for yet
export const objectiveOf = (runs) => runs.map(({ key }) => OBJECTIVES.get(key)).findLast(Boolean) ?? null;

// a run's data is large, and is asked for once
export async function askObjectives(runs, signal) {
  for (const { key } of runs.slice(-MOST_ASKED).reverse()) {
    if (!OBJECTIVES.has(key)) {
      const { annotations: [one] } = await ask("page/annotations", { kind: "run", key }, signal);
      if (one) OBJECTIVES.set(key, latencyObjective(one));
    }
    if (OBJECTIVES.get(key)) return;
  }
}

// the strictest latency threshold of a run
function latencyObjective({ data }) {
  const found = [...listed(data.thresholds), ...tables(data.slo).map((one) => one.threshold)].flatMap((text) => {
    const [, value, unit] = /^(?:mean|max|p[\d.]+) <=? ([\d.]+) (µs|us|ms|s)$/.exec(text) ?? [];
    return value ? [{ ns: Number(value) * UNITS[unit], text }] : [];
  });
  return found.sort((one, other) => one.ns - other.ns)[0] ?? null;
}
