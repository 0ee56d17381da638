// Bars of every series along the text, the token in focus marked: where values are high, and which of them together.

function profilesOf(series, state, show, length) {
  const rows = series.map(({ name, values }, i) => {
    const button = element("button", { type: "button", title: visible(name) }, visible(name)),
      canvas = element("canvas"),
      frame = element("div", { className: "profile" }, canvas),
      value = element("output");
    button.addEventListener("click", () => show({ shown: i }));
    const at = event => Math.min(length - 1, Math.max(0, Math.floor((event.offsetX / frame.clientWidth) * length)));
    canvas.addEventListener("pointermove", event => {
      if (state.locked < 0) show({ token: at(event) });
    });
    canvas.addEventListener("click", event =>
      show({ token: at(event), locked: state.locked === at(event) ? -1 : at(event) }),
    );
    return { button, canvas, frame, value, values, range: rangeOf(values) };
  });
  const grid = element("div", { className: "profiles" }, ...rows.flatMap(row => [row.button, row.frame, row.value]));

  function draw() {
    rows.forEach(({ button, canvas, frame, value, values, range }, i) => {
      button.setAttribute("aria-pressed", String(i === state.shown));
      value.textContent = state.token < 0 ? "" : values[state.token] === null ? "none" : readable(values[state.token]);
      const width = frame.clientWidth,
        height = frame.clientHeight,
        context = sized(canvas, width, height),
        step = width / length,
        lo = Math.min(0, range.lo),
        zero = height - 1 - ((0 - lo) / (range.hi - lo)) * (height - 2);
      context.fillStyle = themed("panel");
      context.fillRect(0, 0, width, height);
      values.forEach((each, at) => {
        if (each === null) return;
        const top = height - 1 - ((each - lo) / (range.hi - lo)) * (height - 2);
        context.fillStyle = at === state.token ? themed("accent") : each < 0 ? themed("negative") : themed("faint");
        context.fillRect(at * step, Math.min(top, zero), Math.max(1, step - 1), Math.max(1, Math.abs(zero - top)));
      });
      context.fillStyle = themed("line");
      context.fillRect(0, zero, width, 1);
    });
  }
  return { grid, draw };
}
