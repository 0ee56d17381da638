// Functions of every page. Tokens, which may hold any text, reach the page only through textContent.

const data = JSON.parse(document.getElementById("data").textContent);

/** element("div", { className: "bar" }, child, "text") */
function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A token whose marks of spaces and of invisible characters are pale. */
function token(piece, properties) {
  const made = element("span", { className: "token", ...properties });
  for (const part of piece.split(/(▁|<[^>]*>)/).filter(Boolean)) {
    made.append(/^(▁|<)/.test(part) ? element("span", { className: "mark", textContent: part }) : part);
  }
  return made;
}

function heading(explanation) {
  document.body.append(element("h1", { textContent: data.title }), element("p", { textContent: explanation }));
}

const readable = value =>
  value === 0
    ? "0"
    : Math.abs(value) >= 0.001 && Math.abs(value) < 10000
      ? value.toPrecision(3)
      : value.toExponential(2);

// ---- colours: white to dark blue for 0 to 1, blue to red through white for -1 to 1

const SEQUENTIAL = [
  [255, 255, 255],
  [198, 219, 239],
  [107, 174, 214],
  [33, 113, 181],
  [8, 48, 107],
];
const DIVERGING = [
  [5, 48, 97],
  [67, 147, 195],
  [255, 255, 255],
  [214, 96, 77],
  [103, 0, 31],
];

function mixed(stops, at) {
  const place = Math.min(Math.max(at, 0), 1) * (stops.length - 1),
    i = Math.min(Math.floor(place), stops.length - 2);
  return stops[i].map((from, channel) => Math.round(from + (stops[i + 1][channel] - from) * (place - i)));
}

/** A function from values to [r, g, b] over lo … hi; diverging colours are centred on zero. */
function scale(lo, hi) {
  if (lo >= 0) return value => mixed(SEQUENTIAL, hi === lo ? 0 : (value - lo) / (hi - lo));
  const end = Math.max(-lo, hi);
  return value => mixed(DIVERGING, 0.5 + value / end / 2);
}

const css = ([r, g, b]) => `rgb(${r}, ${g}, ${b})`;
const inkOn = ([r, g, b]) => (0.299 * r + 0.587 * g + 0.114 * b < 140 ? "#fff" : "#1b2430");

function shade(target, colour) {
  target.style.background = css(colour);
  target.style.color = inkOn(colour);
}

function legend(lo, hi) {
  const strip = element("span", { className: "strip" }),
    colour = scale(lo, hi),
    from = lo < 0 ? -Math.max(-lo, hi) : lo,
    to = lo < 0 ? -from : hi;
  const stops = Array.from({ length: 9 }, (_, i) => css(colour(from + ((to - from) * i) / 8)));
  strip.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  return element("span", {}, `${readable(from)} `, strip, ` ${readable(to)}`);
}

/** A canvas of this size in CSS pixels, sharp on any screen. */
function canvas(width, height) {
  const made = element("canvas"),
    dots = window.devicePixelRatio || 1;
  made.width = Math.round(width * dots);
  made.height = Math.round(height * dots);
  made.style.width = `${width}px`;
  made.style.height = `${height}px`;
  made.getContext("2d").scale(dots, dots);
  return made;
}
