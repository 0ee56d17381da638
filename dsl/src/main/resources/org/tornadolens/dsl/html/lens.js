// A logit lens: the likeliest token at every layer and position, coloured by its probability.

const { layers, positions, tops } = data; // tops[layer][position] = [[piece, probability], …]
const colour = scale(0, 1);
let locked;
heading(
  "The most probable next token at each layer, the last layer at the top; columns are the input tokens. Point at a " +
    "cell for the next most probable tokens; click to lock it.",
);

const readout = element("div", { className: "readout" });
function tell(layer, position) {
  readout.replaceChildren(
    element("div", { textContent: `${layers[layer]}, after ${positions[position]} (${position}):` }),
    ...tops[layer][position].map(([piece, probability]) =>
      element("div", { textContent: `${probability.toFixed(3)}  ${piece}` }),
    ),
  );
}

const head = element("tr", {}, element("th"), ...positions.map(piece => element("th", { textContent: piece })));
const rows = layers
  .map((name, layer) =>
    element(
      "tr",
      {},
      element("th", { textContent: name }),
      ...positions.map((_, position) => {
        const [piece, probability] = tops[layer][position][0];
        const td = element("td", { textContent: piece });
        shade(td, colour(probability));
        td.addEventListener("mouseenter", () => {
          if (!locked) tell(layer, position);
        });
        td.addEventListener("click", () => {
          locked?.classList.remove("locked");
          locked = locked === td ? undefined : td;
          locked?.classList.add("locked");
          tell(layer, position);
        });
        return td;
      }),
    ),
  )
  .reverse();

document.body.append(
  element("div", { className: "bar" }, legend(0, 1)),
  element(
    "div",
    { className: "scroll" },
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)),
  ),
  readout,
);
