// What is shown of the heads: the prompt, the score and its least value, layers, heads, and the least weight.

const MOST_CHIPS = 8;

function toolbar(state, show, { prompts, names, given }) {
  const chosenPrompt = element(
    "select",
    {},
    ...prompts.map(({ name }, i) => element("option", { value: i, textContent: visible(name) })),
  );
  chosenPrompt.addEventListener("change", () => show({ prompt: prompts[chosenPrompt.value] }));

  const score = element(
    "select",
    {},
    ...names.map(name => element("option", { value: name, textContent: visible(name) })),
  );
  score.addEventListener("change", () => show({ score: score.value, least: 0 }));

  // the slider runs up to the largest score of the heads that are shown
  const top = () => Math.max(0, ...state.values().filter((value, i) => value !== null && state.visible(i)));
  const least = slider("at least", { text: part => readable(part * top()) }, part => show({ least: part * top() }));
  const threshold = slider("weights from", { text: value => value.toFixed(2) }, value => show({ threshold: value }));

  const numbers = (words, key) => {
    const input = element("input", { type: "text", placeholder: "all", spellcheck: false, autocomplete: "off" });
    input.addEventListener("input", () => {
      const chosen = rangesOf(input.value);
      input.setCustomValidity(chosen === undefined ? "numbers and ranges, as in 0-5, 8" : "");
      if (chosen !== undefined) show({ [key]: chosen });
    });
    input.title = "numbers and ranges, as in 0-5, 8";
    return labelled(words, input);
  };

  const size = (sign, words, factor) => {
    const button = element("button", { type: "button", ariaLabel: words, title: words }, sign);
    button.addEventListener("click", () => show({ size: Math.min(8, Math.max(0.5, state.size * factor)) }));
    return button;
  };

  const bar = element(
    "div",
    { className: "bar" },
    ...(prompts.length > 1 ? [labelled("prompt", chosenPrompt)] : []),
    labelled("score", score),
    least.label,
    numbers("layers", "layers"),
    numbers("heads", "numbers"),
    threshold.label,
    element(
      "span",
      { className: "labelled" },
      "thumbnails",
      element(
        "span",
        { className: "group" },
        size("−", "smaller thumbnails", 1 / 1.4),
        size("+", "larger thumbnails", 1.4),
      ),
    ),
  );

  const words = element("span", { className: "faint" }),
    values = [],
    buttons = [];
  for (let rank = 0; rank < MOST_CHIPS; rank++) {
    const value = element("small"),
      button = element("button", { type: "button" }, "", value);
    button.addEventListener("click", () => show({ head: Number(button.dataset.head), headLocked: true }));
    values.push(value);
    buttons.push(button);
  }
  const chips = element("div", { className: "bar chips" }, words, ...buttons);

  /** @param ranked the heads that pass the filters, strongest first */
  function update(ranked) {
    chosenPrompt.value = prompts.indexOf(state.prompt);
    score.value = state.score;
    score.title = given[state.score] ? "" : (SCORES[state.score] ?? "");
    if (state.least === 0 && least.input.value !== "0") {
      least.input.value = 0;
      least.label.querySelector("output").textContent = "0";
    }
    words.textContent = ranked.length === 0 ? "no head passes the filters" : `strongest of ${ranked.length}:`;
    buttons.forEach((button, rank) => {
      const head = ranked[rank];
      button.hidden = head === undefined;
      if (head === undefined) return;
      button.dataset.head = head;
      button.firstChild.data = `${state.headName(head).slice(5)} `;
      values[rank].textContent = readable(state.values()[head]);
      button.setAttribute("aria-pressed", String(head === state.head));
    });
  }

  return { bar, chips, update };
}
