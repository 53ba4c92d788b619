// Files into the viewer: dropped anywhere on the page, or chosen. Each is sent in pieces, and then read; the page goes to what was loaded.

import { forget } from "./columns.js";
import { el, link, put } from "./dom.js";
import { ask, headers, Problem, silence } from "./fetch.js";
import { bytes, count, counted, cut, sentence } from "./format.js";
import { address, go } from "./route.js";

const AGAIN_MS = 1000, LOOK_MS = 250;

export function choose() {
  const field = el("input", { type: "file", multiple: true });
  field.addEventListener("change", () => take([...field.files]));
  field.click();
}

export function listenForFiles() {
  const over = el("div", { class_: "drop", hidden: true }, "Drop files with traces, logs or metrics here");
  document.body.append(over);
  const withFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!withFiles(event)) return;
    event.preventDefault();
    over.hidden = false;
  });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) over.hidden = true; });
  addEventListener("drop", (event) => {
    if (!withFiles(event)) return;
    event.preventDefault();
    over.hidden = true;
    take([...event.dataTransfer.files]);
  });
}

export async function take(files) {
  const list = el("ul"), close = el("button", { type: "button", onclick: () => panel.remove() }, "Close");
  const panel = el("section", { class_: "files", "aria-label": "Files" }, list, close);
  document.querySelector(".files")?.remove();
  document.querySelector("#view").before(panel);
  const loaded = [];
  for (const file of files) {
    const row = el("div", { role: "status" });
    list.append(el("li", {}, row));
    try {
      const found = await load(file, row);
      if (found.state === "failed") throw new Problem(0, why(found));
      loaded.push(found);
      forget();
      put(row, ...told(found));
    } catch (error) {
      put(row, el("b", {}, cut(file.name)), el("span", { class_: "bad" }, ` was not loaded. ${error.message}`));
    }
  }
  if (loaded.length) go(place(loaded));
}

async function load(file, row) {
  if (!file.size) throw new Problem(0, "It is empty.");
  const bar = el("progress", { max: 1, value: 0, "aria-label": `Loading ${file.name}` }), said = el("span", { class_: "note" });
  put(row, el("b", {}, cut(file.name)), " ", bar, " ", said);
  const { id, piece } = await begin(file, said);
  for (let at = 0; at < file.size; at += piece) {
    await post(`page/files/${id}?at=${at}`, file.slice(at, at + piece));
    bar.value = Math.min(at + piece, file.size) / file.size;
    put(said, `${bytes(Math.min(at + piece, file.size))} of ${bytes(file.size)} sent`);
  }
  for (;;) {
    const found = (await ask("page/files")).files.find((one) => one.id === id);
    if (!found || found.state === "done" || found.state === "failed") return found ?? { state: "failed", error: "the viewer was restarted", remedy: "", advice: "load it again" };
    bar.value = found.read / found.size;
    put(said, `${counted(found.spans + found.log_records + found.data_points, "item")} read`);
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}

async function begin(file, said) {
  for (;;) {
    try {
      return await post(`page/files?${new URLSearchParams({ name: file.name, size: file.size })}`);
    } catch (error) {
      if (error.status !== 409) throw error;
      put(said, "waiting: another file is being loaded");
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}

async function post(path, body) {
  const answer = await fetch(`/api/${path}`, { method: "POST", body, headers: { ...headers(), "content-type": "application/octet-stream" } })
    .catch(() => { throw silence(); });
  const said = await answer.json().catch(() => ({}));
  if (answer.status === 401) dispatchEvent(new Event("token-needed"));
  if (!answer.ok) throw new Problem(answer.status, said.title ?? `HTTP ${answer.status}`, said.detail ?? "");
  return said;
}

function why({ name, error, remedy, advice }) {
  const mend = remedy ? `run ${remedy.replace("FILE", name)} first` : advice;
  return [error, mend].filter(Boolean).map((part) => `${sentence(part)}.`).join(" ");
}

function told(found) {
  const counts = [[found.spans, "span"], [found.log_records, "log record"], [found.data_points, "data point"], [found.annotations, "annotation"]];
  const loaded = counts.filter(([number]) => number).map(([number, noun]) => counted(number, noun)).join(", ");
  const refused = Object.entries(found.refused);
  return [
    el("b", {}, cut(found.name)), `: ${loaded || "nothing new"}`, found.known ? `, ${counted(found.known, "item")} already stored` : null, " ",
    loaded || found.known ? link("show", place([found]), { class_: "underlined" }) : null,
    refused.length ? el("ul", { class_: "bad" }, ...refused.map(([reason, number]) => el("li", {}, `refused: ${count(number)} × ${cut(reason)}`))) : null,
  ];
}

function place(files) {
  const timed = files.filter((file) => file.begin !== null);
  const traces = new Set(timed.map(({ trace }) => trace)), runs = new Set(timed.map(({ run }) => run));
  const [trace] = traces, [run] = runs;
  if (traces.size === 1 && trace) return address("trace", {}, trace);
  if (runs.size === 1 && run) return address("run", {}, run);
  if (!timed.length) return address(files.some((file) => file.log_records) ? "logs" : "metrics");
  return address("heatmap", { begin: Math.floor(Math.min(...timed.map((file) => file.begin)) * 1000) - 1000, end: Math.ceil(Math.max(...timed.map((file) => file.end)) * 1000) + 1000 });
}
