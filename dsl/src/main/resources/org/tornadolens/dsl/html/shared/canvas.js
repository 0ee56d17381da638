// Canvases that are sharp on any screen, and labels on them.

/** Sets the size of a canvas in CSS pixels and returns its context. */
function sized(canvas, width, height) {
  const dots = window.devicePixelRatio || 1,
    [across, down] = [Math.round(width * dots), Math.round(height * dots)];
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(dots, 0, 0, dots, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

const fontOf = size => `${size}px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif`;

/** A text cut to a width, with … at the cut. */
function fitted(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  const characters = Array.from(text);
  let kept = characters.length - 1;
  while (kept > 1 && context.measureText(characters.slice(0, kept).join("") + "…").width > width) kept--;
  return characters.slice(0, kept).join("") + "…";
}

/** The width of the widest of these labels, at most `most`. */
function widest(context, labels, most) {
  let width = 0;
  for (const each of labels) width = Math.max(width, context.measureText(each.slice(0, 40)).width);
  return Math.min(most, Math.ceil(width));
}

/** A text that runs upwards from a point. */
function upwards(context, text, x, y) {
  context.save();
  context.translate(x, y);
  context.rotate(-Math.PI / 2);
  context.textAlign = "left";
  context.fillText(text, 0, 0);
  context.restore();
}

/** Calls `draw` once in the next frame, however often it is asked for. */
function framed(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}

/** Calls `draw` with the size of an element's inside, now and whenever it changes. */
function onSize(target, draw) {
  let width = 0,
    height = 0;
  new ResizeObserver(() => {
    if (target.clientWidth === width && target.clientHeight === height) return;
    width = target.clientWidth;
    height = target.clientHeight;
    if (width > 0) draw();
  }).observe(target);
}
