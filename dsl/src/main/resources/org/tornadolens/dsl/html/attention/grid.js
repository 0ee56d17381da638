// A thumbnail of every head's pattern: a row for each layer, a column for each head number.

const MOST_SIDE = 76,
  TOP = 18;

function headGrid(state, show, { heads }) {
  const canvas = element("canvas", { tabIndex: 0, role: "application" });
  const pane = element("div", { className: "grid pane" }, canvas);
  let layers = [],
    columns = [],
    places = [],
    step = 0,
    side = 0,
    left = 0;
  let pictures = []; // drawn at their first use

  function picture(head) {
    if (pictures[head]) return pictures[head];
    const { prompt, threshold } = state,
      { length, halves, place } = prompt;
    const made = element("canvas", { width: length, height: length }),
      context = made.getContext("2d"),
      image = context.createImageData(length, length),
      dots = new Uint32Array(image.data.buffer);
    const { levels, empty } = palette();
    let at = place(head, 0, 0);
    for (let dest = 0; dest < length; dest++) {
      for (let src = 0; src < length; src++) {
        if (src > dest) dots[dest * length + src] = empty;
        else {
          const weight = HALVES[halves[at++]];
          // the square root makes weak attention visible in a thumbnail
          dots[dest * length + src] = levels[weight < threshold ? 0 : Math.round(255 * Math.sqrt(Math.min(weight, 1)))];
        }
      }
    }
    context.putImageData(image, 0, 0);
    return (pictures[head] = made);
  }

  let colours;
  function palette() {
    if (colours?.theme === theme()) return colours;
    const colour = scale({ lo: 0, hi: 1 }),
      dot = ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    colours = {
      theme: theme(),
      levels: Uint32Array.from({ length: 256 }, (_, level) => dot(colour(level / 255))),
      empty: dot(themedDots("empty")),
    };
    return colours;
  }

  function layOut(width, height) {
    const seen = heads.filter((_, i) => state.visible(i));
    layers = [...new Set(seen.map(h => h.layer))].sort((a, b) => a - b);
    columns = [...new Set(seen.map(h => h.head))].sort((a, b) => a - b);
    const context = canvas.getContext("2d");
    context.font = fontOf(11);
    left = Math.ceil(context.measureText(String(layers.at(-1) ?? 0)).width) + 10;
    const room = Math.min((width - left) / columns.length, (height - TOP) / Math.max(layers.length, 1));
    step = Math.max(5, Math.min(MOST_SIDE, room) * state.size);
    const gap = step > 26 ? 4 : step > 12 ? 2 : 1;
    side = step - gap;
    places = heads.map((h, i) =>
      state.visible(i) ? { x: left + step * columns.indexOf(h.head), y: TOP + step * layers.indexOf(h.layer) } : null,
    );
  }

  /** Draws into a room of this size; what does not fit scrolls. */
  function draw(width, height) {
    layOut(width, height);
    const across = Math.ceil(left + step * columns.length) + 1,
      down = Math.ceil(TOP + step * layers.length) + 1;
    pane.style.width = `${Math.min(width, across + (down > height ? 16 : 0))}px`;
    const context = sized(canvas, across, down);
    context.font = fontOf(11);
    context.fillStyle = themed("faint");
    context.textAlign = "right";
    const everyLayer = Math.max(1, Math.ceil(13 / step)),
      everyHead = Math.max(1, Math.ceil(19 / step));
    layers.forEach((layer, row) => {
      if (row % everyLayer === 0) context.fillText(layer, left - 6, TOP + step * row + side / 2 + 4);
    });
    context.textAlign = "center";
    columns.forEach((number, column) => {
      if (column % everyHead === 0) context.fillText(number, left + step * column + side / 2, TOP - 6);
    });
    const line = themed("line");
    context.imageSmoothingEnabled = side < state.prompt.length;
    places.forEach((place, i) => {
      if (place === null) return;
      context.globalAlpha = state.strong(i) ? 1 : 0.12;
      context.drawImage(picture(i), place.x, place.y, side, side);
      if (side >= 10) {
        context.lineWidth = 1;
        context.strokeStyle = line;
        context.strokeRect(place.x, place.y, side, side);
      }
    });
    context.globalAlpha = 1;
    const chosen = places[state.head];
    if (chosen) {
      context.lineWidth = 2;
      context.strokeStyle = state.headLocked ? themed("accent") : themed("ink");
      context.strokeRect(chosen.x - 1, chosen.y - 1, side + 2, side + 2);
    }
    canvas.ariaLabel = `heads; ${state.headName(state.head)} is shown`;
  }

  const headAt = event =>
    places.findIndex(
      place =>
        place !== null &&
        event.offsetX >= place.x &&
        event.offsetX < place.x + step &&
        event.offsetY >= place.y &&
        event.offsetY < place.y + step,
    );

  canvas.addEventListener("pointermove", event => {
    const head = headAt(event);
    canvas.title = head < 0 ? "" : `${state.headName(head)}: ${state.score} ${readable(state.values()[head])}`;
    if (head >= 0 && head !== state.head && !state.headLocked) show({ head });
  });
  canvas.addEventListener("click", event => {
    const head = headAt(event);
    if (head >= 0) show({ head, headLocked: !(state.headLocked && head === state.head) });
  });
  onKeys(canvas, {
    move: (across, down) => {
      const from = places[state.head];
      if (!from) return;
      for (let n = 1; n <= layers.length + columns.length; n++) {
        const x = from.x + n * step * across,
          y = from.y + n * step * down;
        const head = places.findIndex(p => p !== null && Math.abs(p.x - x) < 1 && Math.abs(p.y - y) < 1);
        if (head < 0) continue;
        show({ head });
        reveal(places[head]);
        return;
      }
    },
    lock: () => show({ headLocked: !state.headLocked }),
  });

  /** Scrolls the pane, and nothing else, to a thumbnail. */
  function reveal({ x, y }) {
    if (y < pane.scrollTop) pane.scrollTop = y - TOP;
    if (y + step > pane.scrollTop + pane.clientHeight) pane.scrollTop = y + step - pane.clientHeight;
    if (x < pane.scrollLeft) pane.scrollLeft = x - left;
    if (x + step > pane.scrollLeft + pane.clientWidth) pane.scrollLeft = x + step - pane.clientWidth;
  }

  return {
    pane,
    draw,
    forget: () => {
      pictures = [];
    },
  };
}
