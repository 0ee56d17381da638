// The patterns of one prompt: causal triangles of 16-bit floats, head after head.

function patternsOf({ name, pieces, patterns }, heads) {
  const length = pieces.length,
    triangle = (length * (length + 1)) / 2,
    halves = halvesOf(patterns);
  /** The index of A[dest, src] of a head among all values. */
  const place = (head, dest, src) => head * triangle + (dest * (dest + 1)) / 2 + src;
  const weight = (head, dest, src) => (src > dest ? 0 : HALVES[halves[place(head, dest, src)]]);
  const labels = pieces.map(label);
  return {
    name,
    pieces,
    labels,
    length,
    halves,
    place,
    weight,
    scores: scoresOf(length, pieces, weight, heads.length),
  };
}

/** What heads are known for, measured on this prompt: by name the numbers of all heads. */
function scoresOf(length, pieces, weight, heads) {
  const before = pieces.map((piece, at) => pieces.lastIndexOf(piece, at - 1)).map((at, i) => (i === 0 ? -1 : at));
  const repeated = before.flatMap((at, dest) => (at > 0 ? [dest] : []));
  const later = Array.from({ length: Math.max(length - 1, 0) }, (_, i) => i + 1);
  const mean = (dests, take) =>
    Array.from({ length: heads }, (_, head) =>
      dests.length === 0 ? 0 : dests.reduce((sum, dest) => sum + take(head, dest), 0) / dests.length,
    );
  const largest = (head, dest) => {
    let most = 0;
    for (let src = 1; src <= dest; src++) most = Math.max(most, weight(head, dest, src));
    return most;
  };
  const scores = {
    focus: mean(later, largest),
    "previous token": mean(later, (head, dest) => weight(head, dest, dest - 1)),
  };
  if (repeated.length > 0) {
    scores.induction = mean(repeated, (head, dest) => weight(head, dest, before[dest] + 1));
    scores["duplicate token"] = mean(repeated, (head, dest) => weight(head, dest, before[dest]));
  }
  scores["current token"] = mean(later, (head, dest) => weight(head, dest, dest));
  scores["first token"] = mean(later, (head, dest) => weight(head, dest, 0));
  return scores;
}

/** What each score of patterns.js means. */
const SCORES = {
  focus: "the largest weight beyond the first token, mean over destinations",
  "previous token": "the weight of the token before, mean over destinations",
  induction: "the weight of the token after an earlier occurrence of the same token, mean over repeated tokens",
  "duplicate token": "the weight of an earlier occurrence of the same token, mean over repeated tokens",
  "current token": "the weight of the token itself, mean over destinations",
  "first token": "the weight of the first token, mean over destinations",
};

/** The numbers that a text such as "0-5, 8" names, as a set; undefined where it is no such text, null for all. */
function rangesOf(text) {
  if (/^[\s*]*$/.test(text)) return null;
  const numbers = new Set();
  for (const part of text.split(",")) {
    const [, from, to = from] = /^\s*(\d{1,4})\s*(?:[-–]\s*(\d{1,4})\s*)?$/.exec(part) ?? [];
    if (from === undefined) return undefined;
    for (let number = Number(from); number <= Number(to); number++) numbers.add(number);
  }
  return numbers;
}
