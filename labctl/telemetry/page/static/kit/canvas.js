// A canvas that is as wide as its parent and sharp on every screen; `draw` is called with its context and its size in CSS pixels.

export function canvas(parent, height, label, draw, signal) {
  const made = document.createElement("canvas");
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", label);
  parent.append(made);
  const context = made.getContext("2d");
  let asked = 0;
  const now = () => {
    asked = 0;
    const width = parent.clientWidth, tall = typeof height === "function" ? height() : height, scale = devicePixelRatio || 1;
    if (!width || !tall) return;
    if (made.width !== Math.round(width * scale) || made.height !== Math.round(tall * scale)) {
      made.width = Math.round(width * scale);
      made.height = Math.round(tall * scale);
      made.style.height = `${tall}px`;
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, tall);
    draw(context, width, tall);
  };
  const again = () => { asked ||= requestAnimationFrame(now); };
  const sizes = new ResizeObserver(again);
  if (!signal.aborted) sizes.observe(parent);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", again, { signal });
  // on paper it has the colours of light, and there is no frame to wait for
  matchMedia("print").addEventListener("change", now, { signal });
  signal.addEventListener("abort", () => { sizes.disconnect(); cancelAnimationFrame(asked); });
  now();
  return { element: made, again, now };
}

export function colours() {
  const style = getComputedStyle(document.documentElement);
  const one = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ground: one("ground"), raised: one("raised"), line: one("line"), text: one("text"), dim: one("dim"), accent: one("accent"),
    bad: one("bad"), warn: one("warn"), good: one("good"), critical: one("critical"), error: one("bar-error"), dark: matchMedia("(prefers-color-scheme: dark)").matches,
    font: "12px system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
  };
}

// viridis, whose lightness alone tells its values, so it is right for every kind of colour vision
const STOPS = [[68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142], [31, 158, 137], [53, 183, 121],
  [110, 206, 88], [181, 222, 43], [253, 231, 37]];

export function shade(share, dark) {
  const place = Math.min(Math.max(dark ? share : 1 - share, 0), 1) * (STOPS.length - 1);
  const low = Math.floor(place), part = place - low, next = STOPS[Math.min(low + 1, STOPS.length - 1)];
  return STOPS[low].map((value, at) => Math.round(value + (next[at] - value) * part));
}

// colours of services that differ for colour-blind people too (Okabe and Ito); the name decides, so it is the same everywhere
const HUES = { light: ["#0072b2", "#a35200", "#00694d", "#8a3a6b", "#5b5b00", "#3d5a80"],
  dark: ["#56b4e9", "#e69f00", "#3fc79a", "#e29bc4", "#f0e442", "#9db8dd"] };

export function hue(name, dark) {
  let hash = 7;
  for (let at = 0; at < name.length && at < 64; at += 1) hash = (hash * 31 + name.charCodeAt(at)) >>> 0;
  return HUES[dark ? "dark" : "light"][hash % 6];
}
