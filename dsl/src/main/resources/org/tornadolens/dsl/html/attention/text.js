// The text: what the token in focus attends to, or what attends to it, in the colours of the weights.

function attentionText(state, show, names) {
  const pane = element("div", { className: "words pane" });
  const directions = choice("direction", ["← attends to", "→ is attended to by"], i =>
    show({ asDestination: i === 0 }),
  );
  let tokens = [];

  /** Puts in the text of another prompt. */
  function fill() {
    const made = textOf(state.prompt.pieces, names, { ariaLabel: "text" });
    tokens = made.tokens;
    pane.replaceChildren(made.text);
    onTokens(made, {
      point: at => {
        if (at !== undefined && !state.tokenLocked && at !== state.token) show({ token: at });
      },
      lock: at => show({ token: at, tokenLocked: !(state.tokenLocked && at === state.token) }),
      current: () => Math.max(tokens.indexOf(document.activeElement), 0),
    });
  }

  function draw() {
    const colour = scale({ lo: 0, hi: 1 }),
      { prompt, head, token, asDestination, threshold } = state;
    tokens.forEach((each, i) => {
      const weight = asDestination ? prompt.weight(head, token, i) : prompt.weight(head, i, token);
      shade(each, colour(weight < threshold ? 0 : weight));
      each.title = `position ${i}: ${readable(weight)}`;
      each.classList.toggle("current", i === token);
      each.classList.toggle("locked", i === token && state.tokenLocked);
      each.ariaSelected = String(i === token);
    });
    tabStop(tokens, token);
    directions.press(asDestination ? 0 : 1);
  }

  return { pane, directions, fill, draw };
}
