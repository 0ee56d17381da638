// Elements of a page. Text that a model or a script made reaches the page only as text nodes and attributes.

/** element("div", { className: "bar" }, child, "text") */
function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** An element of SVG; its properties are attributes. */
function shape(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// characters that show as nothing or change their surroundings
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

/** Text in which such characters, and marks without a letter to stand on, are named, <U+202E>, as on charts. */
function visible(text) {
  let seen = "",
    before = "";
  for (const character of text) {
    const alone = /\p{M}/u.test(character) && ["", " ", "▁"].includes(before);
    const named = alone || (character !== " " && UNSEEN.test(character));
    seen += named ? `<U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}>` : character;
    before = named ? "" : character;
  }
  return seen;
}

/** Marks of spaces are pale, and names of characters framed; `names` has the characters' names in Unicode. */
function marked(piece, names = {}) {
  return visible(piece)
    .split(/(▁|^ +| +$|<U\+[0-9A-F]{4,6}>)/u)
    .filter(Boolean)
    .map(part => {
      if (part === "▁") return element("span", { className: "mark", textContent: "·" });
      if (/^ +$/.test(part)) return element("span", { className: "mark", textContent: "·".repeat(part.length) });
      const point = /^<U\+([0-9A-F]+)>$/.exec(part)?.[1];
      if (point === undefined) return document.createTextNode(part);
      return element("span", { className: "name", textContent: part.slice(1, -1), title: names[point] ?? "" });
    });
}

/** A piece of a text on one line of a label. */
const label = piece =>
  visible(piece)
    .replace(/▁/g, "·")
    .replace(/^ +| +$/g, spaces => "·".repeat(spaces.length));

const breaksLine = piece => /\n|<U\+000A>|<0x0A>/u.test(piece);

/** The pieces of a text as tokens, line breaks kept. Returns the text and the tokens. */
function textOf(pieces, names, properties = {}) {
  const text = element("div", { className: "text", role: "listbox", ...properties }),
    tokens = [];
  pieces.forEach((piece, at) => {
    const token = element("span", { className: "token", role: "option", tabIndex: -1 }, ...marked(piece, names));
    token.dataset.at = at;
    tokens.push(token);
    text.append(token);
    if (breaksLine(piece)) text.append(element("br"));
  });
  return { text, tokens };
}

/**
 * The head of a view: its title, one sentence on how to read it, what the keys do (pairs of a key and words), and the
 * switch of themes.
 */
function heading(data, explanation, ...keys) {
  const list = element("dl");
  for (const [key, words] of keys) list.append(element("dt", {}, key), element("dd", {}, words));
  const button = element("button", { type: "button", className: "theme", title: "light or dark" }, "◐");
  button.ariaLabel = "switch between light and dark";
  button.addEventListener("click", switchTheme);
  return element(
    "header",
    {},
    element("div", {}, element("h1", { textContent: visible(data.title) }), element("p", { textContent: explanation })),
    element(
      "span",
      { className: "group" },
      element("details", { className: "keys" }, element("summary", {}, "Keyboard"), list),
      button,
    ),
  );
}

/** A control with words beside it. */
const labelled = (words, ...controls) => element("label", {}, words, ...controls);

/** Buttons of which one is pressed; `chosen` gets its index. */
function choice(words, names, chosen) {
  const buttons = names.map((name, i) => {
    const button = element("button", { type: "button" }, name);
    button.addEventListener("click", () => chosen(i));
    return button;
  });
  const group = element("span", { className: "group", role: "group", ariaLabel: words }, ...buttons);
  return {
    group,
    press: at => buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === at))),
  };
}

/** A range with its value; `changed` gets the value. */
function slider(words, { min = 0, max = 1, step = 0.01, value = 0, text = String }, changed) {
  const input = element("input", { type: "range", min, max, step, value }),
    output = element("output", { textContent: text(value) });
  input.addEventListener("input", () => {
    output.textContent = text(Number(input.value));
    changed(Number(input.value));
  });
  return { label: labelled(words, input, output), input };
}

const readable = value =>
  value === 0
    ? "0"
    : Math.abs(value) >= 0.001 && Math.abs(value) < 10000
      ? value.toPrecision(3)
      : value.toExponential(2);
