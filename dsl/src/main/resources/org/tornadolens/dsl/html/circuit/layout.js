// Where the nodes of a circuit stand: a row for each rank, the earliest at the bottom, with few crossings of edges. An
// edge that passes over rows has a place in each of them, so that it does not run through nodes (Sugiyama et al. 1981).

const ROUNDS = 24,
  ROW = 96, // from one row to the next, more where nodes are tall
  GAP = 26, // between neighbours
  MOST_BENDS = 80, // more of them would push the nodes apart
  MOST_WIDE = 2.2;

/**
 * Sets x and y, the middle of each node, and the bends of each edge. Returns the size of the whole, which is wide
 * where there is room.
 *
 * @param aspect the width of the room by its height
 */
function layOutGraph(nodes, edges, aspect) {
  const ranks = [...new Set(nodes.map(node => node.rank))].sort((a, b) => a - b),
    rowOf = node => ranks.indexOf(node.rank),
    rows = ranks.map(rank => nodes.filter(node => node.rank === rank)),
    near = new Map(nodes.map(node => [node, []]));
  const join = (a, b) => {
    near.get(a).push(b);
    near.get(b).push(a);
  };
  const passed = edges.reduce((sum, { from, to }) => sum + rowOf(nodes[to]) - rowOf(nodes[from]) - 1, 0);
  for (const edge of edges) {
    edge.bends = [];
    let last = nodes[edge.from];
    for (let row = rowOf(last) + 1; passed <= MOST_BENDS && row < rowOf(nodes[edge.to]); row++) {
      const bend = { width: 6, height: 0 };
      near.set(bend, []);
      rows[row].push(bend);
      edge.bends.push(bend);
      join(last, bend);
      last = bend;
    }
    join(last, nodes[edge.to]);
  }

  const apart = (a, b) => (a.width + b.width) / 2 + GAP;
  for (const row of rows)
    row.forEach((each, i) => {
      each.x = i === 0 ? 0 : row[i - 1].x + apart(row[i - 1], each);
    });
  const pull = each => {
    const others = near.get(each);
    return others.length === 0 ? each.x : others.reduce((sum, other) => sum + other.x, 0) / others.length;
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const row of round % 2 === 0 ? rows : [...rows].reverse()) settle(row, pull, apart);
  }

  const heights = rows.map(row => Math.max(ROW, ...row.map(each => each.height + 56))),
    height = heights.reduce((sum, each) => sum + each, 40),
    all = rows.flat(),
    end = side => Math.max(...all.map(each => side * each.x + each.width / 2)) + 24,
    wide = Math.min(Math.max((0.8 * aspect * height) / (end(1) + end(-1)), 1), MOST_WIDE);
  for (const each of all) each.x *= wide;
  const left = end(-1),
    width = left + end(1);
  let y = height - 20;
  rows.forEach((row, i) => {
    for (const each of row) {
      each.x += left;
      each.y = y - heights[i] / 2;
    }
    y -= heights[i];
  });
  return { width, height };
}

/** Sorts a row by where its neighbours pull it, and puts everything as near to there as there is room. */
function settle(row, pull, apart) {
  const wanted = new Map(row.map(each => [each, pull(each)]));
  row.sort((a, b) => wanted.get(a) - wanted.get(b));
  row.forEach((each, i) => {
    each.x = i === 0 ? wanted.get(each) : Math.max(wanted.get(each), row[i - 1].x + apart(row[i - 1], each));
  });
  // the row as a whole went to the right: back to the middle of what was wanted
  const off = row.reduce((sum, each) => sum + each.x - wanted.get(each), 0) / row.length;
  for (const each of row) each.x -= off;
}

/** The nodes from which a node is reached along edges, or that it reaches. */
function reached(start, edges, forwards) {
  const found = new Set([start]);
  for (let size = 0; size < found.size;) {
    size = found.size;
    for (const { from, to } of edges) {
      if (forwards && found.has(from)) found.add(to);
      if (!forwards && found.has(to)) found.add(from);
    }
  }
  return found;
}
