// The table: its values, the colours of all cells as one picture, its largest cells, and what is known of each.

const MOST_LISTED = 8;

function tableOf(data) {
  const floats = floatsOf(data.values),
    height = data.rows.length,
    width = data.columns.length,
    range = rangeOf(floats),
    rows = data.rows.map(label),
    columns = data.columns.map(label);
  const examples = new Map(data.examples.map(([at, text]) => [at, text])),
    links = new Map(data.links.map(([at, address]) => [at, address]));
  const index = ({ row, column }) => row * width + column,
    value = at => floats[index(at)];

  /** The whole table with one dot a cell, in the colours of the present theme. */
  function picture() {
    const made = element("canvas", { width, height }),
      context = made.getContext("2d"),
      image = context.createImageData(width, height),
      dots = image.data,
      colour = scale(range),
      missing = themedDots("empty");
    for (let i = 0; i < floats.length; i++) {
      const [r, g, b] = Number.isNaN(floats[i]) ? missing : colour(floats[i]);
      dots[4 * i] = r;
      dots[4 * i + 1] = g;
      dots[4 * i + 2] = b;
      dots[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    return made;
  }

  /** The cells of the largest numbers that `size` makes of their values. */
  function most(size) {
    const found = [];
    for (let i = 0; i < floats.length; i++) {
      const each = size(floats[i]);
      if (Number.isNaN(each) || (found.length === MOST_LISTED && each <= found.at(-1).size)) continue;
      let at = found.length;
      while (at > 0 && found[at - 1].size < each) at--;
      found.splice(at, 0, { size: each, row: Math.floor(i / width), column: i % width });
      if (found.length > MOST_LISTED) found.pop();
    }
    return found;
  }

  return {
    rows,
    columns,
    height,
    width,
    range,
    value,
    picture,
    most,
    rowTitle: visible(data.rowTitle),
    columnTitle: visible(data.columnTitle),
    lines: data.lines,
    inside: ({ row, column }) => row >= 0 && row < height && column >= 0 && column < width,
    shown: at => (Number.isNaN(value(at)) ? "no value" : readable(value(at))),
    example: at => examples.get(index(at)),
    link: at => links.get(index(at)),
    /** Whether a cell has what few cells have: an example, or a link where there are no examples. */
    told: at => (examples.size > 0 ? examples : links).has(index(at)),
  };
}
