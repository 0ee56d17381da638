// Attention patterns: all heads at a glance, the pattern of the one in focus, and the text in its colours.

views.attention = (root, data) => {
  const { heads } = data,
    prompts = data.prompts.map(prompt => patternsOf(prompt, heads)),
    given = Object.fromEntries(data.scores.map(({ name, values }) => [name, values]));
  const names = [...Object.keys(given), ...Object.keys(SCORES)].filter(
    (name, i, all) => all.indexOf(name) === i && (name in given || prompts.some(prompt => name in prompt.scores)),
  );

  const state = {
    prompt: prompts[0],
    head: 0,
    headLocked: false,
    token: prompts[0].length - 1,
    tokenLocked: false,
    pointed: undefined,
    asDestination: true,
    threshold: 0,
    score: names[0],
    least: 0,
    layers: null,
    numbers: null,
    size: 1,
    headName: i => `head ${heads[i].layer}.${heads[i].head}`,
    values: () => given[state.score] ?? state.prompt.scores[state.score] ?? heads.map(() => 0),
    visible: i => (state.layers?.has(heads[i].layer) ?? true) && (state.numbers?.has(heads[i].head) ?? true),
    strong: i => state.least === 0 || state.values()[i] >= state.least,
    /** The cell pointed at; -1 where none is. */
    cell: () => state.pointed ?? { dest: -1, src: -1 },
  };

  const ranked = () =>
    heads
      .map((_, i) => i)
      .filter(i => state.visible(i) && state.strong(i) && !Number.isNaN(state.values()[i] ?? NaN))
      .sort((a, b) => state.values()[b] - state.values()[a]);

  const grid = headGrid(state, show, data),
    matrix = patternMatrix(state, show),
    words = attentionText(state, show, data.names),
    tools = toolbar(state, show, { prompts, names, given });

  const title = element("strong"),
    about = element("span", { className: "faint" }),
    scaleShown = element("span"),
    weights = element("div", { className: "weights readout", role: "status" });
  const side = element(
    "div",
    { className: "side" },
    element(
      "div",
      { className: "bar about" },
      element("span", {}, title, " ", about),
      words.directions.group,
      scaleShown,
    ),
    words.pane,
    weights,
  );
  const detail = element("div", { className: "detail" }, side, matrix.pane);
  const stage = element("div", { className: "stage" }, grid.pane, detail);

  root.append(
    heading(
      data,
      "Rows are destinations, columns the sources they attend to. Point at a head, a cell or a token; click locks it.",
      ["Tab", "to the heads, the pattern, the text"],
      ["← → ↑ ↓", "another head, cell or token"],
      ["Enter, Space", "lock, or let go"],
      ["n, p", "next and previous head by score"],
      ["s", "what it attends to, or what attends to it"],
      ["[, ]", "previous and next prompt"],
      ["Escape", "let go of all"],
    ),
    tools.bar,
    tools.chips,
    stage,
  );

  function show(changes) {
    const before = { ...state };
    Object.assign(state, changes);
    if (state.prompt !== before.prompt) {
      Object.assign(state, { token: state.prompt.length - 1, tokenLocked: false, pointed: undefined });
      words.fill();
    }
    if (state.prompt !== before.prompt || state.threshold !== before.threshold) grid.forget();
    if (!state.visible(state.head)) state.head = ranked()[0] ?? state.head;
    tools.update(ranked());
    redraw();
  }

  const redraw = framed(draw);

  function draw() {
    const { clientWidth: width, clientHeight: height } = stage;
    if (width === 0) return;
    grid.draw(Math.floor(width * (width < 1000 ? 0.44 : 0.46)), height);
    title.textContent = state.headName(state.head) + (state.headLocked ? " · locked" : "");
    about.textContent = `${state.score} ${readable(state.values()[state.head] ?? 0)}`;
    scaleShown.replaceChildren(legend({ lo: 0, hi: 1 }));
    words.draw();
    tell();
    const across = matrix.width(height),
      beside = detail.clientWidth - across > 230;
    detail.classList.toggle("beside", beside);
    matrix.pane.style.width = beside ? `${Math.ceil(across) + 2}px` : "";
    matrix.draw(matrix.pane.clientWidth, matrix.pane.clientHeight);
  }

  /** The weight of the cell pointed at, or the largest of the token in focus. */
  function tell() {
    const { prompt, head, token, asDestination, pointed } = state,
      named = i => `${prompt.labels[i]} (${i})`;
    if (pointed) {
      const weight = prompt.weight(head, pointed.dest, pointed.src);
      weights.textContent = `${named(pointed.dest)} attends to ${named(pointed.src)}: ${readable(weight)}`;
      return;
    }
    const others = prompt.pieces
      .map((_, i) => [i, asDestination ? prompt.weight(head, token, i) : prompt.weight(head, i, token)])
      .filter(([, weight]) => weight >= Math.max(state.threshold, 0.005))
      .sort((a, b) => b[1] - a[1])
      .slice(0, 4);
    weights.replaceChildren(
      element("span", {}, named(token), asDestination ? " ←" : " →"),
      ...others.map(([i, weight]) => element("span", {}, `${named(i)} ${readable(weight)}`)),
      ...(others.length === 0 ? [element("span", {}, "nothing above the threshold")] : []),
    );
  }

  document.addEventListener("keydown", event => {
    if (/^(INPUT|SELECT)$/.test(event.target.tagName) || event.altKey || event.ctrlKey || event.metaKey) return;
    const order = ranked(),
      to = (list, from, by) => list[(list.indexOf(from) + by + list.length) % list.length];
    const action = {
      n: () => order.length > 0 && show({ head: to(order, state.head, 1) }),
      p: () => order.length > 0 && show({ head: to(order, state.head, order.includes(state.head) ? -1 : 0) }),
      s: () => show({ asDestination: !state.asDestination }),
      "[": () => show({ prompt: to(prompts, state.prompt, -1) }),
      "]": () => show({ prompt: to(prompts, state.prompt, 1) }),
      Escape: () => show({ headLocked: false, tokenLocked: false, pointed: undefined }),
    }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  // the strongest head, or the one that the address names: #head=5.3
  state.head = ranked()[0] ?? 0;
  const asked = /[#&]head=(\d+)\.(\d+)/.exec(location.hash);
  const named = asked ? heads.findIndex(h => h.layer === Number(asked[1]) && h.head === Number(asked[2])) : -1;
  if (named >= 0) Object.assign(state, { head: named, headLocked: true });
  words.fill();
  tools.update(ranked());
  draw();
  onSize(stage, redraw);
  onTheme(() => {
    grid.forget();
    redraw();
  });
};
