// How many samples a percentile needs, as in labctl: for an upper bound with 97.5 %.

const NEEDED = { p50: 6, p90: 36, p95: 72, p99: 368, "p99.9": 3688 };

export const enough = (name, samples) => samples >= (NEEDED[name] ?? 1);
