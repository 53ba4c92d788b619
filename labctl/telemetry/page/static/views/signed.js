// Differences, with their sign.

import { count } from "../kit/format.js";

const LARGE = 1000;

export function change(value, digits = 1) {
  const shown = Math.abs(value) < LARGE ? Math.abs(value).toFixed(digits) : count(Math.abs(value));
  return `${Number(shown) === 0 ? "" : value > 0 ? "+" : "−"}${shown}`;
}

export const millis = (value) => `${Math.abs(value).toFixed(Math.abs(value) >= 100 ? 0 : 2)} ms`;
