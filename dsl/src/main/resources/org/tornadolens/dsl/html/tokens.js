// A text with a number for every token, as colours.

const { pieces, series } = data;
const state = { shown: 0, locked: -1 };
heading("Point at a token for its value; click to keep it.");

const readout = element("div", { className: "readout" }),
  text = element("div", { className: "text" }),
  key = element("span");
const buttons = series.map(({ name }, i) => {
  const button = element("button", { textContent: name });
  button.addEventListener("click", () => show({ shown: i }));
  return button;
});

const spans = pieces.map((piece, i) => {
  const span = token(piece, {});
  span.addEventListener("mouseenter", () => {
    if (state.locked < 0) tell(i);
  });
  span.addEventListener("click", () => {
    show({ locked: state.locked === i ? -1 : i });
    tell(i);
  });
  text.append(span);
  return span;
});

function tell(i) {
  const value = series[state.shown].values[i];
  readout.textContent = `${pieces[i]} (${i}): ${value === null ? "no value" : readable(value)}`;
}

function show(changes) {
  Object.assign(state, changes);
  const values = series[state.shown].values,
    known = values.filter(value => value !== null);
  const lo = Math.min(0, ...known),
    hi = Math.max(0, ...known),
    colour = scale(lo, hi);
  spans.forEach((span, i) => {
    shade(span, values[i] === null ? [238, 240, 243] : colour(values[i]));
    span.classList.toggle("locked", state.locked === i);
  });
  buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === state.shown)));
  key.replaceChildren(legend(lo, hi));
  if (state.locked >= 0) tell(state.locked);
}

document.body.append(element("div", { className: "bar" }, ...(series.length > 1 ? buttons : []), key), text, readout);
show({});
