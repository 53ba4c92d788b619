// Whether a run goes on: labctl reports it every two seconds, and the viewer's clock says when.

import { viewerNow } from "./live.js";

const SILENT_MS = 10000;           // after that it was ended before it could report its end

export const recent = (ms) => viewerNow() - ms < SILENT_MS;

// of what labctl reported
export const goesOn = ({ end, told }) => end === null && recent(told * 1000);
