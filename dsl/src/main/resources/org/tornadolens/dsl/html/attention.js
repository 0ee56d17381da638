// Attention patterns: a grid of heads, the pattern of one, and the text. What the pointer is over is in focus; a click
// locks it, another click lets go.

const { pieces, heads } = data,
  length = pieces.length,
  triangle = (length * (length + 1)) / 2;
const bytes = Uint8Array.from(atob(data.patterns), c => c.charCodeAt(0)),
  halves = new DataView(bytes.buffer);

/** A[dest, src] of a head; the file holds the causal triangles as 16-bit floats. */
function attention(head, dest, src) {
  if (src > dest) return 0;
  const bits = halves.getUint16(2 * (head * triangle + (dest * (dest + 1)) / 2 + src), true);
  const exponent = (bits >> 10) & 31,
    fraction = bits & 1023;
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const colour = scale(0, 1),
  FUTURE = [238, 240, 243]; // no one attends to what comes later
const state = { head: 0, headLocked: false, token: length - 1, tokenLocked: false, asDestination: true };

heading(
  "Rows of a pattern are destinations, columns are the sources that they attend to. Point at a head, a cell or a " +
    "token to look at it; click to lock it, click again to release it; the arrow keys move between heads.",
);

// ---- the patterns as pictures, one dot a cell

const pictures = heads.map((_, head) => {
  const picture = element("canvas", { width: length, height: length }),
    context = picture.getContext("2d"),
    image = context.createImageData(length, length);
  for (let dest = 0; dest < length; dest++) {
    for (let src = 0; src < length; src++) {
      // the square root makes weak attention visible in a thumbnail
      const dot = src > dest ? FUTURE : colour(Math.sqrt(attention(head, dest, src)));
      image.data.set([...dot, 255], 4 * (dest * length + src));
    }
  }
  context.putImageData(image, 0, 0);
  return picture;
});

// ---- the grid of heads, a row for each layer

const layers = [...new Set(heads.map(h => h.layer))].sort((a, b) => a - b),
  numbers = [...new Set(heads.map(h => h.head))].sort((a, b) => a - b);
const side = Math.max(18, Math.min(72, Math.floor(1000 / numbers.length) - 4)),
  step = side + 4,
  left = 64,
  top = 18;
const places = heads.map(h => ({ x: left + step * numbers.indexOf(h.head), y: top + step * layers.indexOf(h.layer) }));
const grid = canvas(left + step * numbers.length, top + step * layers.length);

function drawGrid() {
  const context = grid.getContext("2d");
  context.clearRect(0, 0, grid.width, grid.height);
  context.font = "11px sans-serif";
  context.fillStyle = "#6b7683";
  context.textAlign = "left";
  layers.forEach((layer, row) => context.fillText(`layer ${layer}`, 0, top + step * row + side / 2 + 4));
  context.textAlign = "center";
  numbers.forEach((number, column) => context.fillText(number, left + step * column + side / 2, top - 6));
  places.forEach(({ x, y }, i) => {
    context.imageSmoothingEnabled = side < length;
    context.drawImage(pictures[i], x, y, side, side);
    context.lineWidth = i === state.head ? 2 : 1;
    context.strokeStyle = i === state.head ? (state.headLocked ? "#c2410c" : "#1b2430") : "#d5dae0";
    context.strokeRect(x, y, side, side);
  });
}

const headAt = event =>
  places.findIndex(
    ({ x, y }) => event.offsetX >= x && event.offsetX < x + step && event.offsetY >= y && event.offsetY < y + step,
  );

grid.addEventListener("mousemove", event => {
  const head = headAt(event);
  if (head >= 0 && !state.headLocked) show({ head });
});
grid.addEventListener("click", event => {
  const head = headAt(event);
  if (head >= 0) show({ head, headLocked: !(state.headLocked && head === state.head) });
});

// ---- the pattern in focus

const cell = Math.max(6, Math.min(26, Math.floor(560 / length))),
  labelled = cell >= 9,
  gutter = labelled ? 90 : 10;
const matrix = canvas(gutter + cell * length + 4, gutter + cell * length + 4);
const title = element("div", { className: "readout" }),
  readout = element("div", { className: "readout" });

function drawMatrix(pointed) {
  const context = matrix.getContext("2d");
  context.clearRect(0, 0, matrix.width, matrix.height);
  context.fillStyle = css(FUTURE);
  context.fillRect(gutter, gutter, cell * length, cell * length);
  for (let dest = 0; dest < length; dest++) {
    for (let src = 0; src <= dest; src++) {
      context.fillStyle = css(colour(attention(state.head, dest, src)));
      context.fillRect(gutter + cell * src, gutter + cell * dest, cell, cell);
    }
  }
  context.strokeStyle = "#d5dae0";
  context.lineWidth = 1;
  context.strokeRect(gutter, gutter, cell * length, cell * length);
  if (labelled) {
    context.font = `${Math.min(12, cell - 1)}px sans-serif`;
    pieces.forEach((piece, i) => {
      const short = piece.length > 12 ? piece.slice(0, 11) + "…" : piece,
        middle = gutter + cell * i + cell / 2;
      context.fillStyle = "#1b2430";
      context.textAlign = "right";
      context.fillText(short, gutter - 4, middle + 4);
      context.save();
      context.translate(middle + 4, gutter - 4);
      context.rotate(-Math.PI / 2);
      context.textAlign = "left";
      context.fillText(short, 0, 0);
      context.restore();
    });
  }
  context.strokeStyle = "#c2410c";
  if (state.asDestination) context.strokeRect(gutter, gutter + cell * state.token, cell * (state.token + 1), cell);
  else
    context.strokeRect(gutter + cell * state.token, gutter + cell * state.token, cell, cell * (length - state.token));
  if (pointed)
    context.strokeRect(gutter + cell * pointed.src + 1, gutter + cell * pointed.dest + 1, cell - 2, cell - 2);
}

const cellAt = event => ({
  dest: Math.floor((event.offsetY - gutter) / cell),
  src: Math.floor((event.offsetX - gutter) / cell),
});
const inside = ({ dest, src }) => src >= 0 && dest < length && src <= dest;

matrix.addEventListener("mousemove", event => {
  const at = cellAt(event);
  if (!inside(at)) return;
  if (!state.tokenLocked) show({ token: state.asDestination ? at.dest : at.src });
  drawMatrix(at);
  const weight = readable(attention(state.head, at.dest, at.src));
  readout.textContent = `${pieces[at.dest]} (${at.dest}) → ${pieces[at.src]} (${at.src}): ${weight}`;
});
matrix.addEventListener("click", event => {
  const at = cellAt(event);
  if (inside(at)) lockToken(state.asDestination ? at.dest : at.src);
});

// ---- the text: what the token in focus attends to, or what attends to it

const text = element("div", { className: "text" });
const spans = pieces.map((piece, i) => {
  const span = token(piece, { title: `position ${i}` });
  span.addEventListener("mouseenter", () => {
    if (!state.tokenLocked) show({ token: i });
  });
  span.addEventListener("click", () => lockToken(i));
  text.append(span);
  return span;
});

function lockToken(i) {
  show({ token: i, tokenLocked: !(state.tokenLocked && i === state.token) });
}

const directions = [
  ["as destination: what it attends to", true],
  ["as source: what attends to it", false],
].map(([words, asDestination]) => {
  const button = element("button", { textContent: words });
  button.addEventListener("click", () => show({ asDestination }));
  return { button, asDestination };
});

function drawText() {
  const strength = i =>
    state.asDestination ? attention(state.head, state.token, i) : attention(state.head, i, state.token);
  spans.forEach((span, i) => {
    shade(span, colour(strength(i)));
    span.title = `position ${i}: ${readable(strength(i))}`;
    span.style.borderBottomColor = i === state.token ? "#c2410c" : "transparent";
    span.classList.toggle("locked", i === state.token && state.tokenLocked);
  });
  for (const { button, asDestination } of directions)
    button.setAttribute("aria-pressed", String(asDestination === state.asDestination));
}

// ----

function show(changes) {
  Object.assign(state, changes);
  title.textContent = `head ${heads[state.head].layer}.${heads[state.head].head}${state.headLocked ? " (locked)" : ""}`;
  drawGrid();
  drawMatrix();
  drawText();
}

document.addEventListener("keydown", event => {
  const { x, y } = places[state.head],
    [dx, dy] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[
      event.key
    ] ?? [0, 0];
  const head = places.findIndex(place => place.x === x + dx && place.y === y + dy);
  if ((dx === 0 && dy === 0) || head < 0) return;
  event.preventDefault();
  show({ head });
});

document.body.append(
  element(
    "div",
    { className: "columns" },
    element("div", { className: "scroll" }, grid),
    element(
      "div",
      { className: "focus" },
      element("div", { className: "bar" }, title, legend(0, 1)),
      element("div", { className: "bar" }, ...directions.map(d => d.button)),
      text,
      readout,
      element("div", { className: "scroll" }, matrix),
    ),
  ),
);
show({});
