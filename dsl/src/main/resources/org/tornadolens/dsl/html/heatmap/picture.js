// The part of the table that is seen: cells in colours, with their values where there is room, and labelled axes.

const MOST = 76, // pixels of a cell's side
  SIDE = 294, // pixels beside the picture
  TITLES = 16;

function tablePicture(table, state, show) {
  const canvas = element("canvas", { tabIndex: 0, role: "application" }),
    pane = element("div", { className: "picture" }, canvas);
  const seen = { row: 0, column: 0, zoom: 1 }; // the cell at the upper left, in parts of cells
  let dots = table.picture(),
    fit = { x: 1, y: 1 }, // the sides of a cell when the whole table is seen
    frame = { left: 0, top: 0, width: 0, height: 0 };
  const side = axis => fit[axis] * seen.zoom,
    most = () => Math.max(1, MOST / Math.min(fit.x, fit.y));

  function layOut() {
    const context = canvas.getContext("2d");
    context.font = fontOf(11.5);
    const stage = pane.parentElement,
      below = getComputedStyle(stage).flexDirection === "column", // where the side is
      width = stage.clientWidth - (below ? 0 : SIDE),
      height = stage.clientHeight * (below ? 0.62 : 1),
      left = widest(context, table.rows, 130) + 10 + TITLES,
      top = Math.max(24, widest(context, table.columns, Math.min(110, height / 4)) + 10) + TITLES;
    const room = { width: Math.max(40, width - left - 2), height: Math.max(40, height - top - 2) };
    const x = Math.min(MOST, room.width / table.width),
      y = Math.min(MOST, room.height / table.height),
      // cells may be oblong, the more so the flatter they are
      longest = Math.max(1.6 * Math.min(x, y), Math.min(16, 8 * Math.min(x, y)));
    fit = { x: Math.min(x, longest), y: Math.min(y, longest) };
    seen.zoom = Math.min(Math.max(seen.zoom, 1), most());
    frame = {
      left,
      top,
      width: Math.min(room.width, side("x") * table.width),
      height: Math.min(room.height, side("y") * table.height),
    };
    seen.column = Math.min(Math.max(0, seen.column), Math.max(0, table.width - frame.width / side("x")));
    seen.row = Math.min(Math.max(0, seen.row), Math.max(0, table.height - frame.height / side("y")));
  }

  const xOf = column => frame.left + (column - seen.column) * side("x"),
    yOf = row => frame.top + (row - seen.row) * side("y");

  function draw() {
    layOut();
    const context = sized(canvas, Math.ceil(frame.left + frame.width + 2), Math.ceil(frame.top + frame.height + 2));
    context.save();
    context.beginPath();
    context.rect(frame.left, frame.top, frame.width, frame.height);
    context.clip();
    context.imageSmoothingEnabled = Math.min(side("x"), side("y")) < 1;
    context.drawImage(dots, xOf(0), yOf(0), table.width * side("x"), table.height * side("y"));
    lines(context);
    cells(context);
    for (const [at, colour] of [
      [state.pointed, themed("ink")],
      [state.locked, themed("accent")],
    ]) {
      if (!at) continue;
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.strokeRect(xOf(at.column) + 1, yOf(at.row) + 1, Math.max(side("x") - 2, 1), Math.max(side("y") - 2, 1));
    }
    context.restore();
    context.strokeStyle = themed("faint");
    context.lineWidth = 1;
    context.strokeRect(frame.left, frame.top, frame.width, frame.height);
    labels(context);
  }

  function lines(context) {
    if (table.lines === 0) return;
    context.strokeStyle = themed("faint");
    context.lineWidth = 0.5;
    context.beginPath();
    for (let i = 0; i <= table.width; i += table.lines) {
      context.moveTo(xOf(i), frame.top);
      context.lineTo(xOf(i), frame.top + frame.height);
    }
    for (let i = 0; i <= table.height; i += table.lines) {
      context.moveTo(frame.left, yOf(i));
      context.lineTo(frame.left + frame.width, yOf(i));
    }
    context.stroke();
  }

  /** Values, where they fit, and a corner on the cells that have an example. */
  function cells(context) {
    const [x, y] = [side("x"), side("y")];
    if (x < 9 || y < 9) return;
    const valued = x >= 31 && y >= 14,
      colour = scale(table.range);
    context.font = fontOf(Math.min(12, x / 3, y * 0.75));
    context.textAlign = "center";
    for (let row = Math.floor(seen.row); row < Math.min(table.height, seen.row + frame.height / y); row++) {
      for (
        let column = Math.floor(seen.column);
        column < Math.min(table.width, seen.column + frame.width / x);
        column++
      ) {
        const at = { row, column };
        if (Number.isNaN(table.value(at))) {
          context.strokeStyle = themed("line");
          context.lineWidth = 1;
          context.beginPath();
          context.moveTo(xOf(column), yOf(row + 1));
          context.lineTo(xOf(column + 1), yOf(row));
          context.stroke();
        } else {
          context.fillStyle = inkOn(colour(table.value(at)));
          const text = valued ? short(table.value(at)) : "";
          if (valued && context.measureText(text).width < x - 2)
            context.fillText(text, xOf(column + 0.5), yOf(row + 0.5) + 4);
        }
        if (!table.told(at)) continue;
        context.beginPath();
        context.moveTo(xOf(column + 1) - 7, yOf(row));
        context.lineTo(xOf(column + 1), yOf(row));
        context.lineTo(xOf(column + 1), yOf(row) + 7);
        context.fill();
      }
    }
  }

  /** Three digits for the largest value, and as many decimals for all others. */
  const largest = Math.max(Math.abs(table.range.lo), Math.abs(table.range.hi)),
    decimals = Math.max(0, 2 - Math.max(Math.floor(Math.log10(largest)), -9)),
    short = value =>
      decimals > 4 || largest >= 1e5
        ? value.toExponential(1)
        : value.toFixed(Math.min(decimals, 3)).replace(/^-(?=[0.]+$)/, "");

  function labels(context) {
    const at = state.pointed ?? state.locked;
    context.font = fontOf(11.5);
    const each = (names, axis, first, room, chosen, place) => {
      const step = side(axis),
        every = Math.max(1, Math.ceil(12.5 / step));
      for (let i = Math.ceil(first); i < names.length && (i + 0.5 - first) * step <= room; i++) {
        const mine = i === chosen;
        if (!mine && (i % every !== 0 || (every > 1 && chosen !== undefined && Math.abs(i - chosen) * step < 13)))
          continue;
        context.fillStyle = themed(mine ? "accent" : "ink");
        place(names[i], (i + 0.5 - first) * step);
      }
    };
    context.textAlign = "right";
    each(table.rows, "y", seen.row, frame.height, at?.row, (name, y) =>
      context.fillText(fitted(context, name, frame.left - 10 - TITLES), frame.left - 6, frame.top + y + 4),
    );
    const flat = widest(context, table.columns, 200) + 8 < side("x");
    each(table.columns, "x", seen.column, frame.width, at?.column, (name, x) => {
      context.textAlign = "center";
      if (flat) context.fillText(name, frame.left + x, frame.top - 6);
      else upwards(context, fitted(context, name, frame.top - 10 - TITLES), frame.left + x + 4, frame.top - 6);
    });
    context.fillStyle = themed("faint");
    context.textAlign = "center";
    context.fillText(fitted(context, table.columnTitle, frame.width + 60), frame.left + frame.width / 2, 11);
    context.save();
    context.translate(11, frame.top + frame.height / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(fitted(context, table.rowTitle, frame.height + 60), 0, 0);
    context.restore();
  }

  // ---- what is seen

  /** Zooms about a place of the canvas; the cell there stays there. */
  function zoom(factor, x = frame.left + frame.width / 2, y = frame.top + frame.height / 2) {
    const column = seen.column + (x - frame.left) / side("x"),
      row = seen.row + (y - frame.top) / side("y");
    seen.zoom = Math.min(Math.max(seen.zoom * factor, 1), most());
    seen.column = column - (x - frame.left) / side("x");
    seen.row = row - (y - frame.top) / side("y");
    show({});
  }

  /** Moves what is seen so that a cell is in it. */
  function reveal({ row, column }) {
    const rows = frame.height / side("y"),
      columns = frame.width / side("x");
    seen.row = Math.min(Math.max(seen.row, row + 1 - rows), row);
    seen.column = Math.min(Math.max(seen.column, column + 1 - columns), column);
  }

  const cellAt = event => ({
    row: Math.floor(seen.row + (event.offsetY - frame.top) / side("y")),
    column: Math.floor(seen.column + (event.offsetX - frame.left) / side("x")),
  });
  const inFrame = event =>
    event.offsetX >= frame.left &&
    event.offsetX < frame.left + frame.width &&
    event.offsetY >= frame.top &&
    event.offsetY < frame.top + frame.height &&
    table.inside(cellAt(event));

  let dragged = null;
  canvas.addEventListener("pointerdown", event => {
    if (event.button !== 0 || !inFrame(event)) return;
    dragged = { x: event.clientX, y: event.clientY, row: seen.row, column: seen.column, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", event => {
    if (dragged) {
      const [x, y] = [event.clientX - dragged.x, event.clientY - dragged.y];
      dragged.moved ||= Math.hypot(x, y) > 4;
      if (dragged.moved && seen.zoom > 1) {
        canvas.classList.add("moving");
        seen.column = dragged.column - x / side("x");
        seen.row = dragged.row - y / side("y");
      }
    }
    show({ pointed: inFrame(event) ? cellAt(event) : undefined });
  });
  canvas.addEventListener("pointerup", event => {
    const clicked = dragged && !(dragged.moved && seen.zoom > 1);
    dragged = null;
    canvas.classList.remove("moving");
    if (!clicked || !inFrame(event)) return;
    const at = cellAt(event),
      same = state.locked?.row === at.row && state.locked?.column === at.column;
    show({ locked: same ? undefined : at });
  });
  canvas.addEventListener("pointercancel", () => {
    dragged = null;
  });
  canvas.addEventListener("pointerleave", () => show({ pointed: undefined }));
  canvas.addEventListener(
    "wheel",
    event => {
      if (!event.ctrlKey && !event.metaKey) return; // a plain wheel, and two fingers, scroll the page
      event.preventDefault();
      zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.003)), event.offsetX, event.offsetY);
    },
    { passive: false },
  );
  onKeys(canvas, {
    move: (columns, rows) => {
      const from = state.pointed ?? state.locked ?? { row: Math.ceil(seen.row), column: Math.ceil(seen.column) };
      const first = !state.pointed && !state.locked;
      const at = first
        ? from
        : {
            row: Math.min(Math.max(from.row + rows, 0), table.height - 1),
            column: Math.min(Math.max(from.column + columns, 0), table.width - 1),
          };
      reveal(at);
      show({ pointed: at, locked: state.locked && at });
    },
    lock: () => state.pointed && show({ locked: state.locked ? undefined : state.pointed }),
    others: {
      "+": () => zoom(1.4),
      "=": () => zoom(1.4),
      "-": () => zoom(1 / 1.4),
      0: () => zoom(0),
      Escape: () => show({ pointed: undefined, locked: undefined }),
    },
  });

  return {
    pane,
    draw,
    zoom,
    reveal,
    focus: () => canvas.focus(),
    recolour: () => {
      dots = table.picture();
    },
  };
}
