// The distribution of a column's numbers over all tokens, on a logarithmic scale: most tokens lie near zero.

function histogramOf({ from, width, counts }) {
  const canvas = element("canvas", { role: "img" }),
    frame = element("div", { className: "histogram" }, canvas);
  canvas.ariaLabel = `histogram of ${counts.reduce((sum, n) => sum + n, 0)} tokens`;

  function draw() {
    const w = frame.clientWidth,
      h = frame.clientHeight,
      context = sized(canvas, w, h),
      bottom = h - 16,
      most = Math.log1p(Math.max(1, ...counts)),
      step = w / counts.length;
    context.font = fontOf(11);
    counts.forEach((count, i) => {
      if (count === 0) return;
      const height = Math.max(1, (Math.log1p(count) / most) * (bottom - 4));
      context.fillStyle = from + (i + 0.5) * width < 0 ? themed("negative") : themed("positive");
      context.fillRect(i * step, bottom - height, Math.max(1, step - 1), height);
    });
    context.fillStyle = themed("line");
    context.fillRect(0, bottom, w, 1);
    context.fillStyle = themed("faint");
    context.textBaseline = "bottom";
    context.textAlign = "left";
    context.fillText(readable(from), 0, h);
    context.textAlign = "right";
    context.fillText(readable(from + width * counts.length), w, h);
  }
  return { frame, draw };
}
