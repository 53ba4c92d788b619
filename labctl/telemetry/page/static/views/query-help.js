// What a query can say, in short; docs/search.md has it at length.

import { el } from "../kit/dom.js";

const TERMS = [
  ["predict", "the name contains it, in either case; 32 hex digits are a trace id"],
  ["service=shop", "the service that sent the span; also name, kind, root (the name, of a root span)"],
  ["duration>200ms", "with ns, us, ms or s; = != < <= > >="],
  ["status=error", "or status=ok for the rest"],
  ["http.route=/predict", "an attribute of the span or of its resource; numbers compare as numbers"],
  ["resource.host.name~node", "of the resource alone; ~ is “contains”"],
  ["event=exception", "one of its events; event.exception.type=… an attribute of one; message~… the text of its status"],
  ["run=18df58ce", "trace ids that begin so: those of a load run do"],
  ["-kind=client", "not so; http.route!=/x asks that there is such an attribute, with another value"],
  ["a b OR c", "all terms have to hold of one span of the trace; OR separates alternatives"],
  ["name=\"POST /predict\"", "quotes take spaces and signs as they are"],
];

export function helpOnQueries() {
  return el("details", { class_: "help" }, el("summary", {}, "What a query can say"),
    el("dl", {}, ...TERMS.flatMap(([term, text]) => [el("dt", {}, el("code", {}, term)), el("dd", {}, text)])));
}
