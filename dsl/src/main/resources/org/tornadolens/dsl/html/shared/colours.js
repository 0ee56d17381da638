// Colours of values, in a light and a dark theme. Both scales are safe for the colour-blind.

const SEQUENTIAL = {
  light: [
    [255, 255, 255],
    [198, 219, 239],
    [107, 174, 214],
    [33, 113, 181],
    [8, 48, 107],
  ],
  dark: [
    [24, 30, 38],
    [20, 62, 112],
    [38, 118, 184],
    [107, 184, 232],
    [226, 244, 255],
  ],
};
const DIVERGING = {
  light: [
    [5, 48, 97],
    [67, 147, 195],
    [250, 250, 250],
    [214, 96, 77],
    [103, 0, 31],
  ],
  dark: [
    [158, 214, 255],
    [46, 124, 190],
    [28, 34, 42],
    [202, 84, 52],
    [255, 190, 150],
  ],
};
const LEVELS = 256;

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

const theme = () => document.documentElement.dataset.theme ?? (prefersDark.matches ? "dark" : "light");

const drawnByTheme = [];

/** Calls `draw` whenever the theme changes. */
function onTheme(draw) {
  drawnByTheme.push(draw);
}

const redrawAll = () => drawnByTheme.forEach(draw => draw());

prefersDark.addEventListener("change", redrawAll);

function switchTheme() {
  document.documentElement.dataset.theme = theme() === "dark" ? "light" : "dark";
  redrawAll();
}

/** The theme's colour of this name, as in page.css. */
const themed = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** The theme's colour of this name as [r, g, b]. */
function themedDots(name) {
  const hex = themed(name).slice(1);
  return [0, 2, 4].map(at => parseInt(hex.slice(at, at + 2), 16));
}

function mixed(stops, at) {
  const place = Math.min(Math.max(at, 0), 1) * (stops.length - 1),
    i = Math.min(Math.floor(place), stops.length - 2);
  return stops[i].map((from, channel) => Math.round(from + (stops[i + 1][channel] - from) * (place - i)));
}

/** The range that colours cover: symmetric around zero where there are values on both sides of it. */
function rangeOf(values) {
  let lo = Infinity,
    hi = -Infinity;
  for (const value of values) {
    if (value === null || Number.isNaN(value)) continue;
    if (value < lo) lo = value;
    if (value > hi) hi = value;
  }
  if (lo > hi) return { lo: 0, hi: 1 };
  if (lo < 0) return { lo: -Math.max(-lo, hi), hi: Math.max(-lo, hi) };
  if (lo < hi / 2 || lo === hi) lo = 0;
  return { lo, hi: hi === lo ? lo + 1 : hi };
}

/** A function from values to [r, g, b] over lo … hi in the present theme. */
function scale({ lo, hi }) {
  const stops = (lo < 0 ? DIVERGING : SEQUENTIAL)[theme()];
  const table = Array.from({ length: LEVELS }, (_, level) => mixed(stops, level / (LEVELS - 1)));
  return value => table[Math.round(Math.min(Math.max((value - lo) / (hi - lo), 0), 1) * (LEVELS - 1))];
}

const css = ([r, g, b]) => `rgb(${r}, ${g}, ${b})`;

/** Ink that is read on this ground. */
const inkOn = ([r, g, b]) => (0.299 * r + 0.587 * g + 0.114 * b < 140 ? "#fff" : "#1b2430");

function shade(target, colour) {
  target.style.background = css(colour);
  target.style.color = inkOn(colour);
}

/** The colours of a range with its ends. */
function legend({ lo, hi }, colour = scale({ lo, hi })) {
  const strip = element("span", { className: "strip" });
  const stops = Array.from({ length: 9 }, (_, i) => css(colour(lo + ((hi - lo) * i) / 8)));
  strip.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  return element("span", { className: "legend" }, readable(lo), strip, readable(hi));
}
