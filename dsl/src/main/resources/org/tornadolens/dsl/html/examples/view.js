// What makes neurons, heads or directions fire: of each its distribution, the tokens it promotes, and the texts.

views.examples = (root, data) => {
  const { columns, names } = data;
  const state = { shown: 0 };
  const list = element("ul", { className: "list", role: "listbox", tabIndex: 0, ariaLabel: "columns" }),
    find = element("input", { type: "search", placeholder: "find", ariaLabel: "find" }),
    board = element("div", { className: "board" });
  let picture = { draw: () => {} };

  const items = columns.map(({ name, examples }, i) => {
    const item = element(
      "li",
      { role: "option" },
      element("span", {}, visible(name)),
      element("span", {}, examples.length > 0 ? readable(examples[0].value) : ""),
    );
    item.addEventListener("click", () => show(i));
    list.append(item);
    return item;
  });
  const seen = () => items.map((item, i) => i).filter(i => !items[i].hidden);
  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    columns.forEach(({ name, words }, i) => {
      items[i].hidden = !`${name} ${words}`.toLowerCase().includes(wanted);
    });
    if (items[state.shown].hidden && seen().length > 0) show(seen()[0]);
  });
  const move = by => {
    const shown = seen(),
      at = Math.min(Math.max(shown.indexOf(state.shown) + by, 0), shown.length - 1);
    if (shown.length > 0) show(shown[at]);
  };
  onKeys(list, {
    move: (across, down) => move(across + down),
    others: { Home: () => move(-items.length), End: () => move(items.length) },
  });
  root.append(
    heading(
      data,
      "Texts around the tokens at which each is largest, coloured by its value; the largest is underlined.",
      ["Tab", "to the search, to the list"],
      ["↑ ↓", "another one of the list"],
    ),
    element("div", { className: "stage" }, element("nav", { className: "columns" }, find, list), board),
  );

  function show(i) {
    state.shown = i;
    items.forEach((item, at) => (item.ariaSelected = String(at === i)));
    items[i].scrollIntoView({ block: "nearest" });
    build();
  }

  function build() {
    const { name, histogram, quantiles, promoted, suppressed, examples } = columns[state.shown];
    picture = histogramOf(histogram);
    const facts = [part("Values of all tokens", picture.frame), part("Quantiles", rows(quantiles))];
    if (promoted.length > 0) {
      facts.push(part("Tokens promoted", rows(promoted.map(([piece, logit]) => [tokenOf(piece), logit]))));
      facts.push(part("Tokens suppressed", rows(suppressed.map(([piece, logit]) => [tokenOf(piece), logit]))));
    }
    const range = rangeOf(examples.flatMap(({ values }) => values)),
      colour = scale(range);
    board.replaceChildren(
      element("h2", {}, visible(name)),
      element("div", { className: "facts" }, ...facts),
      element("div", { className: "bar" }, element("span", { className: "labelled" }, "value ", legend(range, colour))),
      ...examples.map(example => exampleOf(example, colour)),
    );
    picture.draw();
  }

  const part = (words, content) => element("section", {}, element("h3", {}, words), content);

  const tokenOf = piece => element("span", {}, ...marked(piece, names));

  const rows = pairs =>
    element(
      "table",
      {},
      ...pairs.map(([first, value]) => element("tr", {}, element("td", {}, first), element("td", {}, readable(value)))),
    );

  function exampleOf({ value, row, position, peak, pieces, values }, colour) {
    const text = element("div", { className: "text" });
    pieces.forEach((piece, i) => {
      const token = element("span", { className: i === peak ? "token peak" : "token" }, ...marked(piece, names));
      token.title = readable(values[i]);
      shade(token, colour(values[i]));
      text.append(token);
    });
    const where = element("div", { className: "value", title: `row ${row}, position ${position}` }, readable(value));
    return element("article", { className: "example" }, where, text);
  }

  show(0);
  onTheme(build);
  onSize(root, () => picture.draw());
};
