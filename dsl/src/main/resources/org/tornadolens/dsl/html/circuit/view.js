// A circuit as a graph: filtered by the effect of edges, and traced from a node to what feeds it and what it feeds.

const SHOWN_AT_FIRST = 100, // edges
  A_LINE = 4; // members of a node

const inLines = words =>
  Array.from({ length: Math.ceil(words.length / A_LINE) }, (_, i) =>
    words.slice(A_LINE * i, A_LINE * (i + 1)).join(", "),
  );

views.circuit = (root, data) => {
  const nodes = data.nodes.map(({ name, members, rank }) => ({
    label: visible(name),
    lines: inLines(members.map(visible)),
    rank,
  }));
  const edges = data.edges.map(edge => ({
    ...edge,
    bends: [],
    name: `${nodes[edge.from].label} → ${nodes[edge.to].label}${edge.kind && `.${edge.kind}`}`,
  }));
  const effects = edges
      .filter(edge => edge.effect !== null)
      .map(edge => Math.abs(edge.effect))
      .sort((a, b) => b - a),
    most = effects[0] ?? 0;
  const state = { chosen: -1, pointed: -1, focused: 0, least: effects[SHOWN_AT_FIRST - 1] ?? 0, way: 0 };

  const drawing = graphDrawing(nodes, edges, state, {
    choose: i => show({ chosen: state.chosen === i ? -1 : i }),
    point: i => show({ pointed: i }),
    aspect: () => graph.clientWidth / Math.max(graph.clientHeight, 1),
  });
  // a hundred steps from the smallest effect to the largest, evenly in their order
  const ordered = [0, ...[...effects].reverse()];
  const position = ordered.findIndex(effect => effect >= state.least);
  const least = slider(
    "effects from",
    {
      min: 0,
      max: ordered.length - 1,
      step: 1,
      value: position,
      text: at => readable(ordered[at]),
    },
    at => show({ least: ordered[at] }),
  );
  const ways = choice("trace", ["both ways", "what feeds it", "what it feeds"], way => show({ way })),
    count = element("span", { className: "faint", role: "status" }),
    side = element("div", { className: "side", role: "status" }),
    graph = element("div", { className: "graph pane" }, drawing.svg);
  const again = element("button", { type: "button" }, "Lay out again");
  again.addEventListener("click", drawing.reset);

  root.append(
    heading(
      data,
      "Click a node to trace it, drag it to move it. The earliest layer is at the bottom" +
        (most > 0 ? "; width is the effect of an edge." : "."),
      ["Tab", "to the graph"],
      ["← → ↑ ↓", "another node"],
      ["Enter, Space", "trace, or let go"],
      ["Shift and ← → ↑ ↓", "move the node"],
      ["Escape", "let go"],
    ),
    element(
      "div",
      { className: "bar" },
      ...(most > 0 ? [least.label] : []),
      element("span", { className: "labelled" }, "trace", ways.group),
      again,
      count,
      ...(effects.length > 0 && edges.some(edge => edge.effect < 0)
        ? [
            element(
              "span",
              { className: "labelled" },
              element("i", { className: "sign" }),
              "patched, raises the metric ",
              element("i", { className: "sign negative" }),
              "lowers it",
            ),
          ]
        : []),
    ),
    element("div", { className: "stage" }, graph, side),
  );
  document.addEventListener("keydown", event => {
    if (event.key === "Escape") show({ chosen: -1 });
  });

  function show(changes) {
    Object.assign(state, changes);
    draw();
  }

  function draw() {
    const strong = edges.filter(edge => edge.effect === null || Math.abs(edge.effect) >= state.least),
      joined = new Set(strong.flatMap(({ from, to }) => [from, to])),
      everJoined = new Set(edges.flatMap(({ from, to }) => [from, to]));
    const at = state.chosen >= 0 ? state.chosen : state.pointed;
    const before = at >= 0 && state.way !== 2 ? reached(at, strong, false) : new Set([at]),
      after = at >= 0 && state.way !== 1 ? reached(at, strong, true) : new Set([at]);
    drawing.groups.forEach((group, i) => {
      group.classList.toggle("gone", everJoined.has(i) && !joined.has(i));
      group.classList.toggle("dim", at >= 0 && !before.has(i) && !after.has(i));
      group.classList.toggle("chosen", i === state.chosen);
      group.setAttribute("aria-pressed", String(i === state.chosen));
    });
    const kept = new Set(strong);
    edges.forEach((edge, i) => {
      const on =
        at < 0 || (before.has(edge.from) && before.has(edge.to)) || (after.has(edge.from) && after.has(edge.to));
      drawing.lines[i].classList.toggle("gone", !kept.has(edge));
      drawing.lines[i].classList.toggle("dim", !on);
    });
    const shown = drawing.groups.filter(group => !group.classList.contains("gone")).length;
    count.textContent = `${strong.length} of ${edges.length} edges, ${shown} of ${nodes.length} nodes`;
    ways.press(state.way);
    const stop = drawing.groups[state.focused]?.classList.contains("gone")
      ? drawing.groups.findIndex(group => !group.classList.contains("gone"))
      : state.focused;
    drawing.groups.forEach((group, i) => group.setAttribute("tabindex", i === stop ? 0 : -1));
    tell(at, strong);
  }

  function tell(at, strong) {
    if (at < 0) {
      side.replaceChildren(element("h3", {}, most > 0 ? "Strongest edges" : "Edges"), listed(strong));
      return;
    }
    side.replaceChildren(
      element("h2", {}, nodes[at].label),
      element("div", { className: "faint" }, nodes[at].lines.join(", ")),
      element("h3", {}, "Reads from"),
      listed(strong.filter(edge => edge.to === at)),
      element("h3", {}, "Feeds"),
      listed(strong.filter(edge => edge.from === at)),
    );
  }

  const MOST_LISTED = 40;
  function listed(some) {
    const sorted = [...some].sort((a, b) => Math.abs(b.effect ?? 0) - Math.abs(a.effect ?? 0));
    const lines = sorted
      .slice(0, MOST_LISTED)
      .map(edge =>
        element(
          "li",
          {},
          element("span", {}, edge.name),
          element("output", {}, edge.effect === null ? "" : readable(edge.effect)),
        ),
      );
    if (sorted.length > MOST_LISTED) lines.push(element("li", {}, `and ${sorted.length - MOST_LISTED} more`));
    if (sorted.length === 0) lines.push(element("li", { className: "faint" }, "nothing"));
    return element("ol", { className: "list" }, ...lines);
  }

  drawing.reset();
  draw();
};
