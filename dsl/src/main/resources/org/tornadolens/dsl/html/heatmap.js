// A large table in colours: the wheel zooms, dragging moves, the value under the pointer is read out.

const { rows, columns, rowTitle, columnTitle, lines } = data,
  height = rows.length,
  width = columns.length;
const bytes = Uint8Array.from(atob(data.values), c => c.charCodeAt(0)),
  floats = new Float32Array(bytes.buffer);
const value = (row, column) => floats[row * width + column];

let lo = Infinity,
  hi = -Infinity;
for (const each of floats)
  if (!Number.isNaN(each)) {
    lo = Math.min(lo, each);
    hi = Math.max(hi, each);
  }
if (lo > hi) lo = hi = 0;
if (lo > 0 && lo < hi / 2) lo = 0;
const colour = scale(lo, hi),
  MISSING = [226, 229, 233];
heading("The wheel zooms at the pointer, dragging moves the picture, a double click shows all of it again.");

// ---- the whole table as a picture, one dot a cell

const picture = element("canvas", { width, height }),
  image = picture.getContext("2d").createImageData(width, height);
for (let i = 0; i < floats.length; i++)
  image.data.set([...(Number.isNaN(floats[i]) ? MISSING : colour(floats[i])), 255], 4 * i);
picture.getContext("2d").putImageData(image, 0, 0);

// ---- what of it is seen: the cell at the upper left, and points a cell

const left = 90,
  above = 90,
  side = Math.max(320, Math.min(900, window.innerHeight - 240)),
  across = side * Math.min(2.2, Math.max(1, width / height)),
  down = (across * height) / width;
const all = { row: 0, column: 0, cell: across / width },
  seen = { ...all };
const view = canvas(left + across + 20, above + down + 20),
  readout = element("div", { className: "readout" });

function clamp() {
  seen.cell = Math.min(40, Math.max(all.cell, seen.cell));
  seen.column = Math.min(Math.max(0, seen.column), width - across / seen.cell);
  seen.row = Math.min(Math.max(0, seen.row), height - down / seen.cell);
}

function labels(context, names, first, room, place) {
  const every = Math.max(1, Math.ceil(13 / seen.cell));
  for (let i = Math.ceil(first / every) * every; i < names.length && (i - first) * seen.cell < room; i += every)
    place(names[i], (i + 0.5 - first) * seen.cell);
}

function draw(pointed) {
  clamp();
  const context = view.getContext("2d");
  context.clearRect(0, 0, view.width, view.height);
  context.save();
  context.beginPath();
  context.rect(left, above, across, down);
  context.clip();
  context.imageSmoothingEnabled = seen.cell < 1;
  context.drawImage(
    picture,
    left - seen.column * seen.cell,
    above - seen.row * seen.cell,
    width * seen.cell,
    height * seen.cell,
  );
  if (lines > 0) {
    context.strokeStyle = "rgba(27, 36, 48, 0.35)";
    context.lineWidth = 0.5;
    context.beginPath();
    for (let i = 0; i <= width; i += lines) {
      const x = left + (i - seen.column) * seen.cell;
      context.moveTo(x, above);
      context.lineTo(x, above + down);
    }
    for (let i = 0; i <= height; i += lines) {
      const y = above + (i - seen.row) * seen.cell;
      context.moveTo(left, y);
      context.lineTo(left + across, y);
    }
    context.stroke();
  }
  if (pointed) {
    context.strokeStyle = "#c2410c";
    context.lineWidth = 1.5;
    context.strokeRect(
      left + (pointed.column - seen.column) * seen.cell,
      above + (pointed.row - seen.row) * seen.cell,
      seen.cell,
      seen.cell,
    );
  }
  context.restore();
  context.strokeStyle = "#6b7683";
  context.lineWidth = 1;
  context.strokeRect(left, above, across, down);
  context.font = "11px sans-serif";
  context.fillStyle = "#1b2430";
  context.textAlign = "right";
  labels(context, rows, seen.row, down, (name, at) => context.fillText(name.slice(0, 12), left - 4, above + at + 4));
  labels(context, columns, seen.column, across, (name, at) => {
    context.save();
    context.translate(left + at + 4, above - 4);
    context.rotate(-Math.PI / 2);
    context.textAlign = "left";
    context.fillText(name.slice(0, 12), 0, 0);
    context.restore();
  });
  context.fillStyle = "#6b7683";
  context.textAlign = "left";
  context.fillText(`${rowTitle} ↓   ${columnTitle} →`, 4, 14);
}

const cellAt = event => ({
  row: Math.floor(seen.row + (event.offsetY - above) / seen.cell),
  column: Math.floor(seen.column + (event.offsetX - left) / seen.cell),
});
const shown = ({ row, column }) => (Number.isNaN(value(row, column)) ? "no value" : readable(value(row, column)));
const inside = ({ row, column }) => row >= 0 && row < height && column >= 0 && column < width;

view.addEventListener("mousemove", event => {
  if (event.buttons & 1) {
    seen.column -= event.movementX / seen.cell;
    seen.row -= event.movementY / seen.cell;
  }
  const at = cellAt(event);
  if (inside(at))
    readout.textContent = `${rowTitle} ${rows[at.row]}, ${columnTitle} ${columns[at.column]}: ${shown(at)}`;
  draw(inside(at) ? at : undefined);
});
view.addEventListener(
  "wheel",
  event => {
    event.preventDefault();
    const x = (event.offsetX - left) / seen.cell,
      y = (event.offsetY - above) / seen.cell,
      before = seen.cell;
    seen.cell *= 1.2 ** -Math.sign(event.deltaY);
    clamp();
    seen.column += x - (x * before) / seen.cell;
    seen.row += y - (y * before) / seen.cell;
    draw();
  },
  { passive: false },
);
view.addEventListener("dblclick", () => {
  Object.assign(seen, all);
  draw();
});

document.body.append(
  element("div", { className: "bar" }, legend(lo, hi), readout),
  element("div", { className: "scroll" }, view),
);
draw();
