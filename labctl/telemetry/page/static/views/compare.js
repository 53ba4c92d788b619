// Two runs, or two traces, side by side: what changed, whether it is more than noise, and in which spans the extra milliseconds are.

import { el, link, put, table } from "../kit/dom.js";
import { ask } from "../kit/fetch.js";
import { count, counted, cut, duration, rate } from "../kit/format.js";
import { distribution } from "../kit/distribution.js";
import { keys } from "../kit/keys.js";
import { persist } from "../kit/live.js";
import { address, go } from "../kit/route.js";
import { leftOut } from "./losses.js";
import { began, tooFew } from "./run-tiles.js";
import { change, millis } from "./signed.js";
import { pathTree } from "./path-tree.js";

const UNDERLINED = { class_: "underlined" };
const NOTHING = ["no difference", "too short to tell", "not comparable", "as planned"];
const TOLERANCE = 0.05, MOST = 0.5;     // the share of all differences from which on one is most of them

export async function show(root, { parameters, signal }) {
  const [kind, ids] = asked(parameters);
  if (!ids) {
    put(root, el("h1", {}, "Compare"), el("p", {}, "Choose two runs in ", link("Runs", "#/runs", UNDERLINED), ", or two traces in ", link("Traces", "#/traces", UNDERLINED), "."));
    return () => false;
  }
  const top = el("div"), where = el("div"), facts = el("div"), tree = el("div", {}, el("p", { class_: "note" }, "Reading spans…")), shape = el("div", { class_: "chart" });
  const read = { changes: null, tree: null };
  const summarize = () => put(top, el("p", {}, ...summary(read)));
  const heads = ids.map(() => el("span", { class_: "dim" }));        // of runs: when each began, and how many requests it has
  const swap = link("Swap A and B", address("compare", { [kind]: [...ids].reverse().join(",") }), { class_: "button noprint" });
  put(root, el("h1", {}, kind === "runs" ? "Compare two runs" : "Compare two traces"), el("div", { class_: "bar" }, ...named(kind, ids, heads), swap), top, where, tree);
  const open = pathTree(tree, { kind, ids, signal });
  if (kind === "runs") {
    root.append(el("h2", {}, "Figures"), facts, el("h2", {}, "Distribution of service time"), shape);
    const draw = distribution(shape, 230, "Service time of the successful requests of A and of B, on one logarithmic axis", signal);
    await persist(() => figures(ids, signal, (answer, told) => {
      read.changes = answer.changes;
      answer.runs.forEach((run, place) => put(heads[place], beginOf(run, told[place]), `, ${counted(run.requests, "request")}`));
      summarize();
      put(facts, factTable(answer, told), notes(answer, told));
      draw(answer.runs.map((run, place) => ({ name: "AB"[place], cells: run.cells, perDecade: run.per_decade, total: run.latency.count, marks: run.latency })));
    }), refused(top), signal);
  }
  const reading = persist(async () => {
    const found = await ask("page/compare/tree", { [kind]: ids.join(",") }, signal);
    const known = found.traces.every(Boolean);
    put(where, el("h2", {}, "Where the difference is"), ...leftOut(found, kind), ...(known ? [el("p", { class_: "answer" }, ...extra(found, kind)), el("p", { class_: "note" }, ...basis(found, kind))] : []));
    if (!known) { put(tree); return; }
    open(found, parameters.get("path"), differing(found, kind).telling[0]?.place);
    read.tree = found;
    if (read.changes) summarize();
  }, refused(tree), signal);
  if (kind === "traces") await reading;
  keys({ x: ["swap A and B", () => go(address("compare", { [kind]: [...ids].reverse().join(",") }))], Escape: ["back", () => go(kind === "runs" ? "#/runs" : "#/traces")] }, signal);
  return (next) => {
    const [again, others] = asked(next);
    if (again !== kind || String(others) !== String(ids)) return false;
    open(null, next.get("path"));
    return true;
  };
}

const refused = (root) => (error) => put(root, el("p", { class_: "problem", role: "alert" }, error.message));

function asked(parameters) {
  for (const [kind, pattern] of [["runs", /^[0-9a-f]{1,32}$/], ["traces", /^[0-9a-f]{32}$/]]) {
    const ids = (parameters.get(kind) ?? "").toLowerCase().split(",");
    if (ids.length === 2 && ids.every((one) => pattern.test(one))) return [kind, ids];
  }
  return ["runs", null];
}

function named(kind, ids, heads) {
  return ids.map((id, place) => el("span", {}, el("b", {}, `${"AB"[place]} `), link(kind === "runs" ? id.slice(0, 8) : id, address(kind === "runs" ? "run" : "trace", {}, id), { class_: "mono", title: id }), " ", heads[place]));
}

// the lateness of both generators, which labctl has told, is how much a p99 may differ by chance
async function figures(ids, signal, draw) {
  const told = await Promise.all(ids.map((id) => ask("page/annotations", { kind: "run", key: id }, signal).then(({ annotations: [one] }) => (one ? { ...one.data, began: one.begin * 1000, took: one.end === null ? null : (one.end - one.begin) * 1000 } : null))));
  const late = Math.max(0, ...told.map((one) => Number(one?.summary?.generator?.late_p99_ms) || 0));
  draw(await ask("page/compare/changes", { runs: ids.join(","), late_ms: late.toFixed(6) }, signal), told);
}

// what figures show comes first, unless only the spans show anything; they may not be read yet
function summary({ changes, tree }) {
  const found = changes.filter((one) => !NOTHING.includes(one.verdict)), [one] = tree ? differing(tree, "runs").telling : [];
  const part = one && partOf(tree, one), span = one ? part ? onlySome(one, part) : [ofRuns(1), ...ofSpan(one), ": ", millisMore(one), "."] : [];
  if (found.length) return [el("b", { class_: found.some(({ worse }) => worse) ? "bad" : "good" }, `B vs. A: ${found.map(words).join(" · ")}`), " (significant at 99 %). ", ...span];
  const few = changes.slice(0, -1).every(({ verdict: told }) => ["too short to tell", "not comparable"].includes(told));
  const same = changes.filter(({ verdict: told }) => told === "no difference").map(({ figure }) => FIGURES[figure][0]);
  const none = few ? "Too few requests to tell." : `No significant difference in ${same.length ? same.join(", ") : "any figure"}.`;
  const advice = few ? " Make both runs longer (labctl load -n or --duration)." : " Means can still differ, where a few requests take much longer.";
  return part ? [el("b", {}, ...span), ` ${none}${few ? advice : ""}`] : [el("b", {}, none), advice, " ", ...span];
}

const onlySome = (one, [, side, of, longer]) => [`In ${percent(of)} of ${"AB"[side]}'s requests, `, ...ofSpan(one), ` takes about ${millis(longer)} longer than in ${"BA"[side]}.`];

const TIMES = ["p50", "p99"];
const share = (part) => `${change(part * 100, Math.abs(part) < 0.1 ? 1 : 0)} %`;

function words(one) {
  const [name, format] = FIGURES[one.figure];
  if (one.figure === "errors") return `${one.verdict} ${name}, ${change(one.change, 2)} percentage points`;
  return `${name} ${one.verdict}, ${format(one.before)} → ${format(one.after)} (${difference(one)})`;
}

// of the two values that stand beside it; of rates that were planned differently, how much of the plan was reached
function difference({ figure, before, after, change: part, before_share: early, after_share: late }) {
  if (part === null || before === null || after === null) return "–";
  if (early !== null) return `${Math.round(early * 100)} % → ${Math.round(late * 100)} % of the plan`;
  if (figure === "errors") return `${change(part, 2)} percentage points`;
  return `${TIMES.includes(figure) ? `${change(after - before, Math.abs(after - before) < 10 ? 2 : 0)} ms, ` : ""}${share(part)}`;
}

// the estimate and the interval of it, from the same differences of slices
const slices = ({ typical, low, high }) => (low === null ? "–" : `${change((typical ?? 0) * 100)} % (${change(low * 100)} to ${change(high * 100)})`);

// only a narrow interval rules out a large difference
function verdict({ figure, verdict: found, low, high, generator, before, after }) {
  if (generator) return `may come from the load generator, whose late sending can add ${duration(generator * 1e6)}`;
  if (before === null || after === null) return "too few samples";
  if (found !== "no difference" || before === after) return found;
  if (figure === "errors" || low === null) return "not significant";
  return low > 0 || high < 0 || (low > -TOLERANCE && high < TOLERANCE) ? "no difference above 5 %" : "not significant";
}

const FIGURES = { p50: ["service time p50", (value) => duration(value * 1e6)], p99: ["service time p99", (value) => duration(value * 1e6)], rate: ["request rate", (value) => `${rate(value)}/s`], errors: ["errors", (value) => `${value.toFixed(value ? 2 : 0)} %`] };

// as labctl told, where it did, as in the list of runs
const beginOf = ({ begin }, told) => began(told?.began ?? begin);

function factTable({ runs, changes }, told) {
  const shown = (value, format) => (value === null || value === undefined ? tooFew() : format(value));
  const rows = changes.map((one) => {
    const [name, format] = FIGURES[one.figure];
    return [name, shown(one.before, format), shown(one.after, format), difference(one), slices(one),
      el("span", { class_: NOTHING.includes(one.verdict) ? "dim" : one.worse ? "bad" : "good" }, verdict(one))];
  });
  const plain = (name, of) => { const [a, b] = runs.map((run, place) => of(run, told[place])); return [name, a, b, a === b && a !== "unknown" ? "same" : "", "", ""]; };
  const time = (name, of) => { const [a, b] = runs.map((run, place) => of(run, told[place])); return [name, a ? duration(a) : "unknown", b ? duration(b) : "unknown", a && b ? share(b / a - 1) : "–", "", ""]; };
  rows.push(time("service time mean", ({ latency }) => latency.mean), time("service time max", ({ latency }) => latency.max), plain("requests stored", ({ requests }) => count(requests)),
    ["began", ...runs.map((run, place) => beginOf(run, told[place])), "", "", ""], plain("duration", ({ begin, end }, data) => duration((data?.took ?? end - begin) * 1e6)));
  if (told.some(Boolean)) {
    const of = (pick, format = (value) => cut(String(value), 80)) => (run, data) => { const value = data ? pick(data) : undefined; return value === undefined || value === null || value === "" ? "unknown" : format(value); };
    rows.push(plain("scenario", of((data) => data.scenario || "none")), plain("planned rate", of((data) => data.rate, (value) => `${rate(value)}/s`)), plain("workers", of((data) => data.concurrency)),
      time("latency p50", (run, data) => data?.summary?.latency?.p50 * 1e6), time("latency p99", (run, data) => data?.summary?.latency?.p99 * 1e6),
      plain("spans lost", of((data) => data.ledger?.lost_spans, (value) => (typeof value === "number" ? count(value) : "unknown"))));
  }
  return table([["Figure", "text"], ["A", "number"], ["B", "number"], ["Difference", "number"], ["Median change (99 % CI)", "number wider"], ["Verdict"]], rows, undefined, "Figures");
}

function notes({ runs, changes }, told) {
  const parts = ["Service time counts from when a request was sent, latency from when it was due; both of successful requests. Each run is cut into short slices, and the slices are compared. A difference counts if it is above 5 % and significant at 99 %. The column shows the median change between slices, which a few outliers do not affect."];
  if (told.some((data) => !data?.summary?.generator)) parts.push("How busy the machine was is unknown for at least one run: p99 may differ because of that alone.");
  if (changes.some((one) => one.before_share !== null)) parts.push("The runs were planned with different rates: what is compared is how much of its plan each reached.");
  if (changes.some((one) => one.figure === "p99" && one.verdict === "not comparable")) parts.push("The runs are too different in length or rate to compare p99: give both the same -n and --rps.");
  if (runs.some(({ latency }) => latency.count < 1000)) parts.push("With fewer than 1\u202f000 requests, p99 is uncertain.");
  return el("p", { class_: "note" }, parts.join(" "));
}

// how much longer B is, the differences without their signs, and the paths that differ by more than chance, the largest first
function differing({ paths }, kind) {
  const all = paths.map((path, place) => ({ place, name: `${path[2] || "(no name)"}`, service: path[1], diff: (path[4]?.[3] ?? 0) - (path[3]?.[3] ?? 0), margin: path[5] ?? (kind === "runs" ? Infinity : 0) }));
  const telling = all.filter(({ diff, margin }) => Math.abs(diff) > Math.max(margin, 0.0005)).sort((a, b) => Math.abs(b.diff) - Math.abs(a.diff));
  return { total: all.reduce((sum, { diff }) => sum + diff, 0), all: all.reduce((sum, { diff }) => sum + Math.abs(diff), 0), telling };
}

const ofSpan = ({ name, service }) => [el("b", {}, cut(name, 80)), ` (${cut(service, 60)})`];
const millisMore = ({ diff }) => el("b", { class_: diff > 0 ? "bad" : "good" }, change(diff, 2), " ms");

const ofRuns = (number) => `Largest difference${number > 1 ? "s" : ""} beyond noise: `;
const partOf = ({ parts }, { place }) => parts.find(([path]) => path === place);

// the paths that differ most, in a sentence
function extra(found, kind) {
  const { total, all, telling } = differing(found, kind), runs = kind === "runs", shown = telling.slice(0, 3);
  const head = runs ? `A ${found.left_out.some(Boolean) ? "complete " : ""}request is ${millis(total)} ${total < 0 ? "faster" : "slower"} in B on average` : `B is ${millis(total)} ${total < 0 ? "faster" : "slower"}`;
  if (!shown.length) return [runs ? `${head}; no span differs significantly.` : "Every span takes the same time in both traces."];
  const largest = Math.abs(shown[0].diff) > all * MOST ? "Most of the difference: " : runs ? ofRuns(shown.length) : `Largest difference${shown.length > 1 ? "s" : ""}: `;
  return [`${head}. ${largest}`, ...shown.flatMap((one, at) => [at ? ", " : "", ...ofSpan(one), " ", millisMore(one), ...partly(partOf(found, one))]), "."];
}

const percent = (part) => `${(part * 100).toFixed(part < 0.1 ? 1 : 0)} %`;

// where only some of the requests are longer
function partly(part) {
  if (!part) return [];
  const [, side, of, longer] = part;
  return [`: ${percent(of)} of ${"AB"[side]}'s requests, each about ${millis(longer)} longer${side ? "" : " than in B"}`];
}

function basis({ traces, stored, left_out: out, cut: short, paths }, kind) {
  const parts = [`Self time is a span's duration minus the time its children ran${kind === "runs" ? ", per request" : ""}, so the differences add up.`];
  if (kind === "runs") {
    const part = traces.map((compared, place) => compared + out[place]).map((read, place) => (read < stored[place] ? `${count(read)} of ${counted(stored[place], "request")} of ${"AB"[place]}, sampled at random` : `all ${counted(read, "request")} of ${"AB"[place]}`));
    parts.unshift(`Read: ${part.join("; ")}.`);
    parts.push("± is the 99 % confidence interval, estimated from how much slices of a run vary; a difference within it may be noise.");
  }
  if (short.some(Boolean)) parts.push(el("span", { class_: "warn" }, "There are too many spans to compare: some are left out."));
  if (paths.some(([, service, name]) => !service && !name)) parts.push(el("span", { class_: "warn" }, "Paths beyond the first 12\u202f000 are merged into one without a name."));
  return parts.flatMap((part) => [part, " "]);
}
