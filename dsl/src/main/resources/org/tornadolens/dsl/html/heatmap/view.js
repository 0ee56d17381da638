// A table in colours, and what is known of each of its cells: the value, an example, a page about it.

views.heatmap = (root, data) => {
  const table = tableOf(data),
    state = { pointed: undefined, locked: undefined };
  const picture = tablePicture(table, state, show),
    key = element("span"),
    cell = element("div", { className: "cell", role: "status" });
  const { rowTitle, columnTitle } = table,
    of = (title, name) => (/^-?\d+$/.test(name) ? `${title} ${name}` : name);
  const named = ({ row, column }) => `${of(rowTitle, table.rows[row])}, ${of(columnTitle, table.columns[column])}`;

  const listed = (words, cells) => [
    element("h2", {}, words),
    element(
      "ol",
      { className: "list top" },
      ...cells.map(at => {
        const button = element(
          "button",
          { type: "button" },
          element("span", {}, named(at)),
          element("output", {}, table.shown(at)),
        );
        button.addEventListener("click", () => {
          picture.reveal(at);
          show({ locked: at, pointed: undefined });
        });
        return element("li", {}, button);
      }),
    ),
  ];
  const lists =
    table.range.lo < 0
      ? listed("Largest in either direction", table.most(Math.abs))
      : [
          ...listed(
            "Largest",
            table.most(value => value),
          ),
          ...listed(
            "Smallest",
            table.most(value => -value),
          ),
        ];
  const zoom = (sign, words, factor) => {
    const button = element("button", { type: "button", title: words, ariaLabel: words }, sign);
    button.addEventListener("click", () => picture.zoom(factor));
    return button;
  };
  const stage = element(
    "div",
    { className: "stage" },
    picture.pane,
    element("div", { className: "side" }, cell, ...lists),
  );
  root.append(
    heading(
      data,
      "Point at a cell for its value; click to lock it." +
        (data.examples.length + data.links.length > 0 ? " Cells with a marked corner have an example." : "") +
        " Ctrl and the wheel zoom, dragging moves what is seen.",
      ["Tab", "to the table, to the list"],
      ["← → ↑ ↓", "another cell"],
      ["Enter, Space", "lock, or let go"],
      ["+, −, 0", "zoom in, zoom out, show all"],
      ["Escape", "let go"],
    ),
    element(
      "div",
      { className: "bar" },
      key,
      element(
        "span",
        { className: "group" },
        zoom("−", "zoom out", 1 / 1.4),
        zoom("+", "zoom in", 1.4),
        zoom("All", "show the whole table", 0),
      ),
    ),
    stage,
  );

  let told; // the cell whose text is shown

  function show(changes) {
    Object.assign(state, changes);
    redraw();
  }

  const redraw = framed(draw);

  function draw() {
    picture.draw();
    const at = state.locked ?? state.pointed;
    if (told !== undefined && told?.row === at?.row && told?.column === at?.column) return;
    told = at ?? null;
    if (!at) {
      cell.replaceChildren(element("span", { className: "faint" }, `${rowTitle} × ${columnTitle}`));
      return;
    }
    const example = table.example(at),
      link = table.link(at);
    cell.replaceChildren(
      element("div", { className: "value" }, table.shown(at)),
      element(
        "div",
        { className: "faint" },
        `${rowTitle} ${table.rows[at.row]}, ${columnTitle} ${table.columns[at.column]}`,
      ),
      ...(example === undefined ? [] : [element("div", { className: "example" }, ...marked(example, data.names))]),
      ...(link === undefined
        ? []
        : [element("a", { href: link, target: "_blank", rel: "noopener", textContent: visible(link) })]),
    );
  }

  function colours() {
    picture.recolour();
    key.replaceChildren(legend(table.range));
    redraw();
  }

  colours();
  draw();
  onSize(stage, redraw);
  onTheme(colours);
};
