// The choice of a service, in the views that list what services send.

import { el, put } from "./dom.js";
import { cut } from "./format.js";

const MOST = 100;

// `volume` by service, as a tick has it, or null: what is known stays; also one that is in the address and has not sent anything of late
export function services(select, volume, chosen) {
  const known = volume ? Object.keys(volume).slice(0, MOST) : [...select.options].map(({ value }) => value).filter(Boolean);
  const wanted = [...new Set([...known, ...(chosen ? [chosen] : [])])].sort();
  if (select.dataset.known !== wanted.join("\n")) {
    select.dataset.known = wanted.join("\n");
    put(select, el("option", { value: "" }, "all services"), ...wanted.map((name) => el("option", { value: name }, cut(name, 60))));
  }
  if (select.value !== chosen && document.activeElement !== select) select.value = chosen;
}
