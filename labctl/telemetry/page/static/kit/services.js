// The choice of a service, in the views that list what services send.

import { el, put } from "./dom.js";
import { cut } from "./format.js";

const MOST = 100;

// of a tick: who has sent since the viewer started, and whose telemetry is stored
export const known = (tick) => [...new Set([...Object.values(tick.volume).flatMap(Object.keys), ...tick.services])].slice(0, MOST).sort();

// without a tick what is known stays; also one that is in the address and has nothing stored
export function services(select, tick, chosen) {
  const listed = tick ? known(tick) : [...select.options].map(({ value }) => value).filter(Boolean);
  const wanted = [...new Set([...listed, ...(chosen ? [chosen] : [])])].sort();
  if (select.dataset.known !== wanted.join("\n")) {
    select.dataset.known = wanted.join("\n");
    put(select, el("option", { value: "" }, "all services"), ...wanted.map((name) => el("option", { value: name }, cut(name, 60))));
  }
  if (select.value !== chosen && document.activeElement !== select) select.value = chosen;
}
