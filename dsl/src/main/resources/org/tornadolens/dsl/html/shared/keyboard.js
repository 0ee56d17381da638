// Keys and pointers that mean the same on every view: arrows move, Enter and space lock, Escape lets go.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Lets keys move in `target`: `move` gets [columns, rows], `lock` nothing. `others` has functions by further keys.
 */
function onKeys(target, { move, lock, others = {} }) {
  target.addEventListener("keydown", event => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const arrow = ARROWS[event.key],
      other = others[event.key];
    if (arrow) move(...arrow, event);
    else if (lock && (event.key === "Enter" || event.key === " ")) lock();
    else if (other) other(event);
    else return;
    event.preventDefault();
  });
}

/** Tokens that a pointer and keys go through: `point` gets a position, or undefined where the pointer left. */
function onTokens({ text, tokens }, { point, lock, current }) {
  const at = event => {
    const token = event.target.closest?.(".token");
    return token && text.contains(token) ? Number(token.dataset.at) : undefined;
  };
  text.addEventListener("pointerover", event => {
    if (at(event) !== undefined) point(at(event));
  });
  text.addEventListener("pointerleave", () => point(undefined));
  text.addEventListener("click", event => {
    if (at(event) === undefined) return;
    lock(at(event));
    tokens[at(event)].focus({ preventScroll: true });
  });
  const go = to => {
    const next = Math.min(Math.max(to, 0), tokens.length - 1);
    tokens[next]?.focus();
  };
  text.addEventListener("focusin", event => {
    if (at(event) !== undefined) point(at(event));
  });
  onKeys(text, {
    move: (columns, rows) => go(rows === 0 ? current() + columns : below(tokens, current(), rows)),
    lock: () => lock(current()),
    others: { Home: () => go(0), End: () => go(tokens.length - 1) },
  });
}

/** The token nearest to one of the line below or above it. */
function below(tokens, at, lines) {
  const from = tokens[at].getBoundingClientRect(),
    middle = from.left + from.width / 2;
  let best = at,
    nearest = Infinity,
    line;
  for (let i = at + lines; i >= 0 && i < tokens.length; i += lines) {
    const box = tokens[i].getBoundingClientRect();
    if (Math.abs(box.top - from.top) < 4) continue;
    line ??= box.top;
    if (Math.abs(box.top - line) >= 4) break;
    const off = Math.abs(box.left + box.width / 2 - middle);
    if (off < nearest) [best, nearest] = [i, off];
  }
  return best;
}

/** Only one of these elements is a stop of the tab key. */
function tabStop(elements, at) {
  elements.forEach((each, i) => {
    const stop = i === at ? 0 : -1;
    if (each.tabIndex !== stop) each.tabIndex = stop;
  });
}
