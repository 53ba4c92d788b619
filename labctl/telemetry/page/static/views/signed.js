// Differences, with their sign.

export const change = (value, digits = 1) => `${value > 0 ? "+" : value < 0 ? "−" : "±"}${Math.abs(value).toFixed(digits)}`;
export const millis = (value) => `${Math.abs(value).toFixed(Math.abs(value) >= 100 ? 0 : 2)} ms`;
