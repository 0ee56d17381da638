// A text with one or several numbers for every token, as colours and as bars.

views.tokens = (root, data) => {
  const { pieces, series } = data;
  const state = { shown: 0, token: -1, locked: -1 };
  const made = textOf(pieces, data.names, { ariaLabel: "text" }),
    { text, tokens } = made,
    key = element("span"),
    said = element("div", { className: "readout current-token", role: "status" });
  const profiles = profilesOf(series, state, show, pieces.length);

  onTokens(made, {
    point: at => {
      if (state.locked < 0) show({ token: at ?? -1 });
    },
    lock: at => show({ token: at, locked: state.locked === at ? -1 : at }),
    current: () => Math.max(tokens.indexOf(document.activeElement), 0),
  });
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") show({ locked: -1, token: -1 });
    else if (/^[1-9]$/.test(event.key) && series[event.key - 1]) show({ shown: event.key - 1 });
    else return;
    event.preventDefault();
  });
  root.append(
    heading(
      data,
      "Point at a token for its values; click to lock it." +
        (series.length > 1 ? " A name colours the text by that value." : ""),
      ["Tab", "to the text, to the names"],
      ["← → ↑ ↓", "another token"],
      ["Enter, Space", "lock, or let go"],
      ["1 … 9", "colour by another value"],
      ["Escape", "let go"],
    ),
    element("div", { className: "bar" }, key),
    text,
    said,
    profiles.grid,
  );

  function show(changes) {
    Object.assign(state, changes);
    redraw();
  }

  const redraw = framed(draw);

  function draw() {
    const { values, name } = series[state.shown],
      range = rangeOf(values),
      colour = scale(range),
      none = themedDots("empty");
    tokens.forEach((token, i) => {
      shade(token, values[i] === null ? none : colour(values[i]));
      token.title = `position ${i}: ${values[i] === null ? "no value" : readable(values[i])}`;
      token.classList.toggle("current", i === state.token);
      token.classList.toggle("locked", i === state.locked);
      token.ariaSelected = String(i === state.token);
    });
    tabStop(tokens, Math.max(state.token, 0));
    key.replaceChildren(element("span", { className: "labelled" }, visible(name), " ", legend(range, colour)));
    const at = state.token;
    said.textContent =
      at < 0
        ? ""
        : `${label(pieces[at])} (${at}): ` +
          series
            .map(({ name, values }) => `${visible(name)} ${values[at] === null ? "none" : readable(values[at])}`)
            .join(", ");
    profiles.draw();
  }

  draw();
  onSize(root, redraw);
  onTheme(redraw);
};
