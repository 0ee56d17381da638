// Which token takes from which: a source and all that take strongly from it share a colour.

views.links = (root, data) => {
  const { pieces, links } = data,
    named = position => `${label(pieces[position])} (${position})`,
    state = { token: -1, locked: false, threshold: data.threshold };
  const most = links.reduce((weight, link) => Math.max(weight, link.weight), data.threshold);
  const made = textOf(pieces, data.names, { ariaLabel: "text" }),
    { text, tokens } = made,
    list = element("ol", { className: "list found readout", role: "status" });
  const threshold = slider(
    "weights from",
    { min: data.threshold, max: most, step: (most - data.threshold) / 200 || 1, value: data.threshold, text: readable },
    value => show({ threshold: value }),
  );

  onTokens(made, {
    point: at => {
      if (!state.locked) show({ token: at ?? -1 });
    },
    lock: at => show({ token: at, locked: !(state.locked && state.token === at) }),
    current: () => Math.max(tokens.indexOf(document.activeElement), 0),
  });
  document.addEventListener("keydown", event => {
    if (event.key === "Escape") show({ locked: false, token: -1 });
  });
  root.append(
    heading(
      data,
      "A token on a coloured ground attends to the token that is underlined in that colour. Point at a token " +
        "for its links alone; click to lock it.",
      ["Tab", "to the text"],
      ["← → ↑ ↓", "another token"],
      ["Enter, Space", "lock, or let go"],
      ["Escape", "let go"],
    ),
    element("div", { className: "bar" }, threshold.label),
    text,
    list,
  );

  function show(changes) {
    Object.assign(state, changes);
    redraw();
  }

  const redraw = framed(draw);

  function draw() {
    const strong = links.filter(link => link.weight >= state.threshold);
    const sources = [...new Set(strong.map(link => link.src))].sort((a, b) => a - b);
    // hues far apart for neighbours: steps of the golden angle
    const hue = src => (sources.indexOf(src) * 137.508 + 210) % 360;
    const strongest = new Map();
    for (const link of strong) {
      if (!(strongest.get(link.dest)?.weight >= link.weight)) strongest.set(link.dest, link);
    }
    const chosen =
      state.token < 0 ? strong : strong.filter(link => link.dest === state.token || link.src === state.token);
    const near = new Set([state.token, ...chosen.flatMap(link => [link.dest, link.src])]);
    const dark = theme() === "dark";
    tokens.forEach((token, i) => {
      const link = strongest.get(i),
        weight = Math.min(1, link?.weight ?? 0);
      token.style.background = !link
        ? "transparent"
        : `hsl(${hue(link.src)} 70% ${dark ? 16 + 22 * weight : 93 - 22 * weight}%)`;
      token.style.borderBottomColor = sources.includes(i) ? `hsl(${hue(i)} 70% ${dark ? 62 : 42}%)` : "transparent";
      token.classList.toggle("dim", state.token >= 0 && !near.has(i));
      token.classList.toggle("locked", state.locked && i === state.token);
      token.title = link ? `attends to ${named(link.src)}: ${readable(link.weight)}` : "";
    });
    tabStop(tokens, Math.max(state.token, 0));
    list.replaceChildren(
      ...(state.token < 0 ? [] : chosen)
        .sort((a, b) => b.weight - a.weight)
        .map(link => element("li", {}, `${named(link.dest)} ← ${named(link.src)}: ${readable(link.weight)}`)),
    );
    if (state.token >= 0 && chosen.length === 0)
      list.replaceChildren(element("li", {}, `${named(state.token)}: no links`));
  }

  draw();
  onTheme(redraw);
};
