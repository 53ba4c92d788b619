// The time ranges of metrics, in minutes.

export const MINUTES = [5, 10, 30, 60, 180, 720, 1440];

// the shortest that has so many minutes, or else the longest
export const rangeOf = (minutes) => MINUTES.find((one) => one > minutes) ?? MINUTES.at(-1);
