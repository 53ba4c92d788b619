// Differences, with their sign.

export function change(value, digits = 1) {
  const shown = Math.abs(value).toFixed(digits);
  return `${Number(shown) === 0 ? "±" : value > 0 ? "+" : "−"}${shown}`;
}

export const millis = (value) => `${Math.abs(value).toFixed(Math.abs(value) >= 100 ? 0 : 2)} ms`;
