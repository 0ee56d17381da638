// A logit lens: the likeliest token at every layer and position, coloured by its probability.

views.lens = (root, data) => {
  const { layers, positions, tops, names } = data; // tops[layer][position] = [[piece, probability], …]
  const state = { layer: layers.length - 1, position: positions.length - 1, locked: false, least: 0, word: "" };
  const best = (layer, position) => tops[layer][position][0];

  const side = element("div", { className: "side", role: "status" });
  const columnHeads = positions.map(piece =>
    element("th", { scope: "col", title: visible(piece) }, ...marked(piece, names)),
  );
  const rowHeads = layers.map(name => element("th", { scope: "row", textContent: visible(name) }));
  const cells = layers.map((_, layer) =>
    positions.map((_, position) => {
      const cell = element("td", { tabIndex: -1 }, ...marked(best(layer, position)[0], names));
      cell.dataset.layer = layer;
      cell.dataset.position = position;
      return cell;
    }),
  );
  // the last layer is at the top
  const rows = layers.map((_, layer) => element("tr", {}, rowHeads[layer], ...cells[layer])).reverse();
  const board = element(
    "div",
    { className: "board pane" },
    element(
      "table",
      { role: "grid", ariaLabel: data.title },
      element("thead", {}, element("tr", {}, element("th"), ...columnHeads)),
      element("tbody", {}, ...rows),
    ),
  );

  const least = slider("probability from", { text: value => value.toFixed(2) }, value => show({ least: value }));
  const word = element("input", { type: "search", placeholder: "a token", spellcheck: false });
  word.addEventListener("input", () => show({ word: word.value }));
  const key = element("span");
  root.append(
    heading(
      data,
      "The most probable next token at each layer, the last at the top; columns are the tokens read. Point at " +
        "a cell for the runners-up; click to lock it. Cells that say the same are underlined.",
      ["Tab", "to the table"],
      ["← → ↑ ↓", "another cell"],
      ["Home, End", "first and last position"],
      ["Enter, Space", "lock, or let go"],
      ["Escape", "let go"],
    ),
    element("div", { className: "bar" }, labelled("find", word), least.label, key),
    element("div", { className: "stage" }, board, side),
  );

  const at = event => {
    const cell = event.target.closest?.("td");
    return cell && { layer: Number(cell.dataset.layer), position: Number(cell.dataset.position) };
  };
  board.addEventListener("pointerover", event => {
    if (at(event) && !state.locked) show(at(event));
  });
  board.addEventListener("focusin", event => {
    if (at(event)) show(at(event));
  });
  board.addEventListener("click", event => {
    const to = at(event);
    if (!to) return;
    const same = state.locked && to.layer === state.layer && to.position === state.position;
    show({ ...to, locked: !same });
    cells[to.layer][to.position].focus({ preventScroll: true });
  });
  const go = (layer, position) => {
    const inside = (i, count) => Math.min(Math.max(i, 0), count - 1);
    const cell = cells[inside(layer, layers.length)][inside(position, positions.length)];
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  onKeys(board, {
    move: (columns, down) => go(state.layer - down, state.position + columns),
    lock: () => show({ locked: !state.locked }),
    others: {
      Home: () => go(state.layer, 0),
      End: () => go(state.layer, positions.length - 1),
      Escape: () => show({ locked: false }),
    },
  });

  function show(changes) {
    Object.assign(state, changes);
    redraw();
  }

  const redraw = framed(draw);
  let stop; // the cell that the tab key goes to

  function draw() {
    const [said] = best(state.layer, state.position),
      sought = state.word.trim().toLowerCase();
    cells.forEach((row, layer) =>
      row.forEach((cell, position) => {
        const [piece, probability] = best(layer, position);
        cell.classList.toggle("current", layer === state.layer && position === state.position);
        cell.classList.toggle("same", sought === "" ? piece === said : label(piece).toLowerCase().includes(sought));
        cell.classList.toggle("pale", probability < state.least);
      }),
    );
    columnHeads.forEach((each, i) => each.classList.toggle("current", i === state.position));
    rowHeads.forEach((each, i) => each.classList.toggle("current", i === state.layer));
    if (stop) stop.tabIndex = -1;
    stop = cells[state.layer][state.position];
    stop.tabIndex = 0;
    tell();
  }

  function tell() {
    const { layer, position } = state;
    const ranks = element("div", { className: "ranks" });
    for (const [piece, probability] of tops[layer][position]) {
      const bar = element("i");
      bar.style.width = `${100 * probability}%`;
      ranks.append(
        element("span", { className: "word" }, bar, ...marked(piece, names)),
        element("output", {}, probability.toFixed(3)),
      );
    }
    side.replaceChildren(
      element("h2", {}, visible(layers[layer]) + (state.locked ? " · locked" : "")),
      element("div", { className: "faint" }, `at ${label(positions[position])} (position ${position})`),
      ranks,
    );
  }

  function colours() {
    const colour = scale({ lo: 0, hi: 1 });
    cells.forEach((row, layer) => row.forEach((cell, position) => shade(cell, colour(best(layer, position)[1]))));
    key.replaceChildren(legend({ lo: 0, hi: 1 }));
  }

  colours();
  draw();
  board.scrollLeft = board.scrollWidth; // to the prediction after the last token
  onTheme(colours);
};
