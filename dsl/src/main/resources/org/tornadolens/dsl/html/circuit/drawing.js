// The graph as SVG: nodes that can be dragged, edges as wide as their effect.

const LEAST_SCALE = 0.6, // below it the graph scrolls instead of shrinking
  MOST_SCALE = 1.35,
  SIDES = { q: -1, k: 0, v: 1 }, // where edges enter a node
  portOf = (node, side) => side * Math.min(26, node.width / 2 - 6);

function graphDrawing(nodes, edges, state, { choose, point, aspect }) {
  const most = Math.max(...edges.map(edge => Math.abs(edge.effect ?? 0)), 0);
  const svg = shape("svg", { role: "group", "aria-label": "circuit" }),
    id = `arrow-${Math.random().toString(36).slice(2)}`;
  const signs = ["", "positive", "negative"],
    signOf = ({ effect }) => (effect === null || effect === 0 ? "" : effect > 0 ? "positive" : "negative");
  svg.append(
    shape(
      "defs",
      {},
      ...signs.map(sign =>
        shape(
          "marker",
          {
            id: id + sign,
            viewBox: "0 0 8 8",
            refX: 7,
            refY: 4,
            markerWidth: 9,
            markerHeight: 9,
            orient: "auto",
            markerUnits: "userSpaceOnUse",
          },
          shape("path", { d: "M0 0 L8 4 L0 8 z", class: `head ${sign}` }),
        ),
      ),
    ),
  );

  const lines = edges.map(edge => {
    const sign = signOf(edge);
    const line = shape(
      "path",
      {
        class: `edge ${sign}`,
        "marker-end": `url(#${id}${sign})`,
        "stroke-width": edge.effect === null || most === 0 ? 1.5 : 1 + (5 * Math.abs(edge.effect)) / most,
      },
      shape("title", {}, `${edge.name}${edge.effect === null ? "" : `: ${readable(edge.effect)}`}`),
    );
    return line;
  });
  const measuring = element("canvas").getContext("2d");
  const groups = nodes.map((node, i) => {
    measuring.font = fontOf(13);
    const texts = [node.label, ...node.lines];
    node.width = Math.max(46, ...texts.map(text => measuring.measureText(text).width + 22));
    node.height = 28 + 14 * node.lines.length;
    const group = shape(
      "g",
      { class: "node", tabindex: -1, role: "button", "aria-label": node.label },
      shape("rect", { x: -node.width / 2, y: -node.height / 2, width: node.width, height: node.height, rx: 6 }),
      ...texts.map((text, line) =>
        shape("text", { y: -node.height / 2 + 18 + 14 * line, class: line === 0 ? "" : "members" }, text),
      ),
      ...Object.keys(SIDES)
        .filter(kind => edges.some(edge => edge.to === i && edge.kind === kind))
        .map(kind => shape("text", { class: "kind", x: portOf(node, SIDES[kind]) + 9, y: node.height / 2 + 13 }, kind)),
    );
    draggable(group, node, i);
    return group;
  });
  svg.append(...lines, ...groups);

  let size;
  function reset() {
    size = layOutGraph(nodes, edges, aspect());
    svg.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
    svg.style.minWidth = `${size.width * LEAST_SCALE}px`;
    svg.style.minHeight = `${size.height * LEAST_SCALE}px`;
    svg.style.maxWidth = `${size.width * MOST_SCALE}px`;
    svg.style.maxHeight = `${size.height * MOST_SCALE}px`;
    place();
  }

  function place() {
    nodes.forEach((node, i) => groups[i].setAttribute("transform", `translate(${node.x} ${node.y})`));
    edges.forEach((edge, i) => {
      const [a, b] = [nodes[edge.from], nodes[edge.to]];
      const points = [
        { x: a.x, y: a.y - a.height / 2 },
        ...edge.bends,
        { x: b.x + portOf(b, SIDES[edge.kind] ?? 0), y: b.y + b.height / 2 + 2 },
      ];
      let path = `M${points[0].x} ${points[0].y}`;
      for (let k = 1; k < points.length; k++) {
        const [p, q] = [points[k - 1], points[k]],
          bend = Math.max(18, Math.abs(p.y - q.y) / 2);
        path += ` C${p.x} ${p.y - bend} ${q.x} ${q.y + bend} ${q.x} ${q.y}`;
      }
      lines[i].setAttribute("d", path);
    });
  }

  /** Moves a node, within the picture; its edges no longer go around others. */
  function move(i, x, y) {
    const node = nodes[i];
    node.x = x;
    node.y = y;
    kept(node);
    for (const edge of edges) if (edge.from === i || edge.to === i) edge.bends = [];
    place();
  }

  const kept = node => {
    node.x = Math.min(Math.max(node.x, node.width / 2 + 2), size.width - node.width / 2 - 2);
    node.y = Math.min(Math.max(node.y, node.height / 2 + 2), size.height - node.height / 2 - 2);
  };

  function draggable(group, node, i) {
    let from = null;
    const at = event => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    group.addEventListener("pointerdown", event => {
      const { x, y } = at(event);
      from = { x: node.x - x, y: node.y - y, moved: false };
      group.setPointerCapture(event.pointerId);
    });
    group.addEventListener("pointermove", event => {
      if (!from) return;
      const { x, y } = at(event);
      from.moved ||= Math.hypot(x + from.x - node.x, y + from.y - node.y) > 3;
      if (!from.moved) return;
      move(i, x + from.x, y + from.y);
    });
    const end = () => {
      if (from && !from.moved) choose(i);
      from = null;
    };
    group.addEventListener("pointerup", end);
    group.addEventListener("pointercancel", () => {
      from = null;
    });
    group.addEventListener("pointerenter", () => point(i));
    group.addEventListener("pointerleave", () => point(-1));
    group.addEventListener("focus", () => {
      state.focused = i;
    });
    onKeys(group, {
      move: (across, down, event) => {
        if (!event.shiftKey) return step(i, across, down);
        move(i, node.x + 12 * across, node.y + 12 * down);
      },
      lock: () => choose(i),
    });
  }

  /** Moves the focus to the nearest node in a direction. */
  function step(i, across, down) {
    const from = nodes[i];
    let best = -1,
      nearest = Infinity;
    nodes.forEach((node, k) => {
      const x = node.x - from.x,
        y = node.y - from.y,
        ahead = x * across + y * down,
        aside = Math.abs(x * down) + Math.abs(y * across);
      if (k === i || ahead < 4 || groups[k].classList.contains("gone")) return;
      const far = ahead + 2 * aside;
      if (far < nearest) [best, nearest] = [k, far];
    });
    if (best < 0) return;
    tabStop(groups, best);
    groups[best].focus();
  }

  return { svg, groups, lines, reset };
}
