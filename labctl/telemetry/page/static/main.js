// The shell: which view the address names, the header, and the keys that hold everywhere.

import { el, link, put, renew } from "./kit/dom.js";
import { passing, setToken, token } from "./kit/fetch.js";
import { keys, listenForKeys } from "./kit/keys.js";
import { subscribe } from "./kit/live.js";
import { address, go, route } from "./kit/route.js";
import { listenForFiles } from "./kit/upload.js";
import "./kit/status.js";

// a view is a module with `show(root, context)`; it is imported when it is first looked at, or when another is drawn
const VIEWS = {
  "": ["Overview", () => import("./views/overview.js")],
  traces: ["Traces", () => import("./views/traces.js")],
  heatmap: ["Heatmap", () => import("./views/heatmap.js")],
  logs: ["Logs", () => import("./views/logs.js")],
  metrics: ["Metrics", () => import("./views/metrics.js")],
  runs: ["Runs", () => import("./views/runs.js")],
  run: [null, () => import("./views/run.js")],
  compare: [null, () => import("./views/compare.js")],
  trace: [null, () => import("./views/trace.js")],
};

const NAMED = { trace: "Trace", run: "Run", compare: "Compare" }, WITHIN = { trace: "traces", run: "runs", compare: "runs" };

const AGAIN_MS = 1000, AGAIN_MOST_MS = 30000;
let patience = AGAIN_MS;

const root = document.querySelector("#view");
const always = new AbortController();
let shown = { view: null, words: "", stop: new AbortController(), update: null, failedAt: 0 };

async function render() {
  const { view, words, parameters } = route();
  if (view === shown.view && words.join("/") === shown.words && shown.update) {
    if (shown.update(parameters) !== false) return;         // false: what is shown cannot become that
  }
  shown.stop.abort();
  const stop = new AbortController();
  shown = { view, words: words.join("/"), stop, update: null, failedAt: 0 };
  delete document.documentElement.dataset.failed;
  mark(view);
  const found = Object.hasOwn(VIEWS, view) ? VIEWS[view] : null;
  if (!found) {
    put(root, el("h1", {}, "Page not found"), el("p", {}, link("Overview", "#/")));
    return;
  }
  try {
    const module = await found[1]().catch((cause) => { throw new Error(`This view could not be loaded: ${cause.message}`, { cause }); });
    if (stop.signal.aborted) return;
    root.replaceChildren();
    document.title = `${found[0] ?? NAMED[view]} · labctl`;
    shown.update = (await module.show(root, { words, parameters, signal: stop.signal })) ?? null;
    if (document.documentElement.dataset.drawn) announce(found[0] ?? NAMED[view]);
    else (globalThis.requestIdleCallback ?? setTimeout)(fetchTheOthers);
    patience = AGAIN_MS;
    if (!stop.signal.aborted) document.documentElement.dataset.drawn = `${view}/${words.join("/")}`;
  } catch (error) {
    if (!stop.signal.aborted) failed(error);
  }
}

// another view; what had the focus may have been in the one that was left
function announce(name) {
  put(document.querySelector("#said"), name);
  if (document.activeElement === document.body) root.focus({ preventScroll: true });
}

// when the first view is drawn, so that the next one need not wait for its modules
function fetchTheOthers() {
  for (const [, load] of Object.values(VIEWS)) load().catch(() => null);
}

function failed(error) {
  if (error.status === 401) {           // the form above asks for it
    put(root, token() ? el("p", { class_: "problem", role: "alert" }, "Token rejected. labctl auth prints the path of the current token's file.") : el("p"));
    return;
  }
  const passes = passing(error);
  if (passes) {
    shown.failedAt = Date.now();
    document.documentElement.dataset.failed = "yes";
  }
  put(root, el("p", { class_: "problem", role: "alert" }, error.message),
    el("p", {}, el("button", { onclick: again }, "Try again"), passes ? " Retries when the viewer is back." : ""));
}

function again() {
  shown.view = null;
  render();
}

function mark(view) {
  const current = view === "compare" && route().parameters.has("traces") ? "traces" : WITHIN[view] ?? view;
  renew(document.querySelector("#views"), ...Object.entries(VIEWS).filter(([, [title]]) => title).map(([name, [title]]) =>
    link(title, address(name), name === current ? { "aria-current": "page" } : {})));
}

addEventListener("token-needed", () => {
  if (document.querySelector("#token")) return;
  const field = el("input", { type: "password", id: "token", autocomplete: "off", required: true });
  const form = el("form", {}, el("label", { for: "token" }, "This lab requires a bearer token (labctl auth prints the path of its file):"), field,
    el("button", {}, "Use this token"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    setToken(field.value);
    dispatchEvent(new Event("token-given"));
    form.remove();
    shown.view = null;
    render();
  });
  root.before(form);
  field.focus();
});

subscribe(({ tick, lost }) => {
  if (shown.failedAt && tick && !lost && !document.hidden && Date.now() - shown.failedAt > patience) {
    patience = Math.min(patience * 2, AGAIN_MOST_MS);
    again();
  }
}, always.signal);
listenForKeys();
listenForFiles();
keys({
  o: ["overview", () => go("#/")],
  t: ["traces", () => go("#/traces")],
  H: ["heatmap (capital H)", () => go("#/heatmap")],
  L: ["logs (capital L)", () => go("#/logs")],
  M: ["metrics (capital M)", () => go("#/metrics")],
  R: ["runs (capital R)", () => go("#/runs")],
  "/": ["search", () => root.querySelector("input[role=combobox], input[type=search]")?.select()],
}, always.signal);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();               // its address would be that of a view
  root.focus();
});
addEventListener("again", again);        // a view that has found what it lacked
addEventListener("hashchange", render);
render();
