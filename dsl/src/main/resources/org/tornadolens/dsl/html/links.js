// Which token takes from which: a source and all that take strongly from it share a colour.

const at = position => `${pieces[position]} (${position})`;
const { pieces, links, threshold } = data;
heading(
  `A token with a coloured background attends to the token underlined in that colour with a weight of at least ` +
    `${readable(threshold)}. Point at a token to see only its links; click to lock them.`,
);

const sources = [...new Set(links.map(link => link.src))].sort((a, b) => a - b);
// hues far apart for neighbours: steps of the golden angle
const hue = src => (sources.indexOf(src) * 137.508 + 210) % 360;
const strongest = pieces.map((_, dest) =>
  links
    .filter(link => link.dest === dest)
    .reduce((best, link) => (best && best.weight >= link.weight ? best : link), undefined),
);
const state = { token: -1, locked: false };

const text = element("div", { className: "text" }),
  list = element("div", { className: "readout" });
const spans = pieces.map((piece, i) => {
  const span = token(piece, {});
  span.addEventListener("mouseenter", () => {
    if (!state.locked) show({ token: i });
  });
  span.addEventListener("click", () => show({ token: i, locked: !(state.locked && state.token === i) }));
  text.append(span);
  return span;
});
text.addEventListener("mouseleave", () => {
  if (!state.locked) show({ token: -1 });
});

function show(changes) {
  Object.assign(state, changes);
  const chosen = state.token < 0 ? links : links.filter(link => link.dest === state.token || link.src === state.token);
  const near = new Set(chosen.flatMap(link => [link.dest, link.src]));
  spans.forEach((span, i) => {
    const link = strongest[i];
    span.style.background = link ? `hsl(${hue(link.src)}, 75%, ${92 - 22 * Math.min(1, link.weight)}%)` : "transparent";
    span.style.borderBottomColor = sources.includes(i) ? `hsl(${hue(i)}, 70%, 42%)` : "transparent";
    span.style.opacity = state.token < 0 || near.has(i) || i === state.token ? "1" : "0.25";
    span.classList.toggle("locked", state.locked && i === state.token);
    span.title = link ? `attends to ${at(link.src)}: ${readable(link.weight)}` : "";
  });
  list.replaceChildren(
    ...(state.token < 0
      ? []
      : chosen
          .sort((a, b) => b.weight - a.weight)
          .map(link =>
            element("div", {
              textContent: `${at(link.dest)} ← ${at(link.src)}: ${readable(link.weight)}`,
            }),
          )),
  );
}

document.body.append(text, list);
show({});
