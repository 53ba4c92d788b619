// Files of telemetry from the viewer: the browser writes them as they come, however large they are.

import { el } from "./dom.js";
import { ask, headers, Problem, token } from "./fetch.js";

export async function download(parameters) {
  const address = `/api/page/export?${new URLSearchParams(parameters)}`;
  if (!token()) {
    await ask("page/export", { ...parameters, check: 1 });        // the browser itself would say nothing of an error
    click(address, "");
    return;
  }
  // a link cannot carry the token, so here the file is held until it is whole
  const answer = await fetch(address, { headers: headers(), cache: "no-store" });
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw new Problem(answer.status, said.title ?? `HTTP ${answer.status}`, said.detail ?? "");
  }
  const url = URL.createObjectURL(await answer.blob());
  click(url, /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? "telemetry");
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function click(href, name) {
  el("a", { href, download: name || true }).click();
}
