// The pattern of the head in focus: rows are destinations, columns the sources they attend to.

const LEAST_CELL = 2,
  MOST_CELL = 44,
  LABELLED = 8.4; // pixels that a label takes at least

function patternMatrix(state, show) {
  const canvas = element("canvas", { tabIndex: 0, role: "application" });
  const pane = element("div", { className: "matrix pane" }, canvas);
  let cell = 0,
    gutter = 0;

  const gutterOf = (context, room) => widest(context, state.prompt.labels, Math.min(92, room / 5)) + 8;

  /** The width that this pattern takes in a room of this height. */
  function width(height) {
    const context = canvas.getContext("2d");
    context.font = fontOf(12);
    const room = gutterOf(context, height);
    return room + state.prompt.length * Math.min(MOST_CELL, (height - room) / state.prompt.length) + 4;
  }

  function draw(width, height) {
    const { prompt, head, threshold } = state,
      { length, labels } = prompt;
    let context = canvas.getContext("2d");
    context.font = fontOf(12);
    gutter = gutterOf(context, Math.min(width, height));
    cell = Math.max(LEAST_CELL, Math.min(MOST_CELL, (Math.min(width, height) - gutter - 4) / length));
    const extent = cell * length;
    context = sized(canvas, Math.floor(gutter + extent + 4), Math.floor(gutter + extent + 4));
    const colour = scale({ lo: 0, hi: 1 });
    context.fillStyle = themed("empty");
    context.fillRect(gutter, gutter, extent, extent);
    const edge = i => Math.round(gutter + cell * i);
    for (let dest = 0; dest < length; dest++) {
      for (let src = 0; src <= dest; src++) {
        const weight = prompt.weight(head, dest, src),
          dots = colour(weight < threshold ? 0 : weight);
        context.fillStyle = css(dots);
        context.fillRect(edge(src), edge(dest), edge(src + 1) - edge(src), edge(dest + 1) - edge(dest));
        if (cell >= 30 && weight >= Math.max(threshold, 0.005)) {
          context.fillStyle = inkOn(dots);
          context.font = fontOf(Math.min(12, cell / 2.9));
          context.textAlign = "center";
          context.fillText(weight.toFixed(2), (edge(src) + edge(src + 1)) / 2, (edge(dest) + edge(dest + 1)) / 2 + 4);
        }
      }
    }
    context.strokeStyle = themed("line");
    context.lineWidth = 1;
    context.strokeRect(gutter, gutter, extent, extent);
    labelAxes(context, labels);
    outline(context);
    canvas.ariaLabel = `pattern of ${state.headName(head)}`;
  }

  function labelAxes(context, labels) {
    const every = Math.max(1, Math.ceil((LABELLED - 0.01) / cell)),
      { dest, src } = state.cell();
    const size = every > 1 ? 9.5 : Math.max(8.5, Math.min(12, cell - 1));
    context.font = fontOf(size);
    const spoken = [dest, src, state.token];
    const near = (i, chosen) => chosen >= 0 && i !== chosen && Math.abs(i - chosen) * cell < size + 1;
    labels.forEach((text, i) => {
      const middle = gutter + cell * (i + 0.5) + size * 0.36;
      const asRow = i === dest || (dest < 0 && i === state.token),
        asColumn = i === src || (src < 0 && i === state.token);
      const row = dest < 0 ? state.token : dest,
        column = src < 0 ? state.token : src;
      const short = fitted(context, text, gutter - 8);
      const regular = i % every === 0;
      if (asRow || (regular && !near(i, row))) {
        context.fillStyle = asRow ? themed("accent") : spoken.includes(i) ? themed("ink") : themed("faint");
        context.textAlign = "right";
        context.fillText(short, gutter - 5, middle);
      }
      if (asColumn || (regular && !near(i, column))) {
        context.fillStyle = asColumn ? themed("accent") : spoken.includes(i) ? themed("ink") : themed("faint");
        upwards(context, short, middle, gutter - 5);
      }
    });
  }

  /** A frame around the row or the column of the token in focus, and around the cell pointed at. */
  function outline(context) {
    const { length } = state.prompt,
      { token, asDestination, pointed } = state;
    context.strokeStyle = themed("accent");
    context.lineWidth = 1.5;
    if (asDestination) context.strokeRect(gutter, gutter + cell * token, cell * (token + 1), cell);
    else context.strokeRect(gutter + cell * token, gutter + cell * token, cell, cell * (length - token));
    if (pointed) {
      context.lineWidth = 2;
      context.strokeStyle = themed("ink");
      context.strokeRect(gutter + cell * pointed.src, gutter + cell * pointed.dest, cell, cell);
    }
  }

  const cellAt = event => ({
    dest: Math.floor((event.offsetY - gutter) / cell),
    src: Math.floor((event.offsetX - gutter) / cell),
  });
  const inside = ({ dest, src }) => src >= 0 && dest < state.prompt.length && src <= dest;
  const tokenOf = at => (state.asDestination ? at.dest : at.src);
  const point = pointed => show(state.tokenLocked ? { pointed } : { pointed, token: tokenOf(pointed) });

  canvas.addEventListener("pointermove", event => {
    const at = cellAt(event);
    if (inside(at)) point(at);
  });
  canvas.addEventListener("pointerleave", () => show({ pointed: undefined }));
  canvas.addEventListener("click", event => {
    const at = cellAt(event);
    if (inside(at)) show({ token: tokenOf(at), tokenLocked: !(state.tokenLocked && tokenOf(at) === state.token) });
  });
  onKeys(canvas, {
    move: (across, down) => {
      const from = state.pointed ?? { dest: state.token, src: state.asDestination ? 0 : state.token };
      const dest = Math.min(Math.max(from.dest + down, 0), state.prompt.length - 1);
      point({ dest, src: Math.min(Math.max(from.src + across, 0), dest) });
    },
    lock: () => show({ tokenLocked: !state.tokenLocked }),
  });
  canvas.addEventListener("blur", () => show({ pointed: undefined }));

  return { pane, draw, width };
}
