// Do copying heads copy together? A head copies where its OV circuit over the vocabulary, W_E W_V W_O W_U, raises the
// token that it reads (Elhage et al. 2021). One head's circuit shows it poorly: its rank is small and the vocabulary
// large. Added up, weighted by how much each copies, the circuits of all copying heads are one head whose diagonal stands
// out. Whether they copy when the model runs is another question: all of them are made to look at one token, and its
// logit is held against the other tokens' of the same text.
//
//   lens run combined-copying.js [--model PATH] [--arg heads=…] [--arg least=0.1]
import { args, chart, check, head, heads, hook, load, print, record, scores, table } from "lens";

const model = load();
const { nLayers, nHeads } = model.config;

// ---- copying heads by their weights, the strongest first

const copying = scores.copying(model);
const ranked = copying.top(nLayers * nHeads).map(top => ({ head: head(top.layer, top.head), score: top.value }));
const copiers = ranked.filter(({ score }) => score > Number(args.least ?? 0.1)).slice(0, Number(args.heads ?? 40));
chart.heatmap(copying, { title: "Copying scores", diverging: true, range: [-1, 1] }).save("copying-scores");
if (copiers.length === 0)
  throw new RangeError(
    `no head's copying score is above ${args.least ?? 0.1}; the largest is ${ranked[0].score.toFixed(2)}, try --arg least=…`,
  );

// ---- their circuits added up, each of norm 1 times its score; which of 300 tokens raise themselves most?

const tokens = model.random({ length: 300, bos: false }).row(0);
const few = [0, 60];
const raises = circuit =>
  circuit
    .argmax("column")
    .toArray()
    .filter((column, row) => column === row).length / tokens.length;
const circuits = copiers.map(({ head }) => {
  const ov = model.ov(head);
  return ov.scale(1 / ov.norm()).dense(tokens);
}); // [row, column]: read, raised
const alone = circuits.map(raises);
const together = [];
const counts = [...new Set([1, Math.ceil(copiers.length / 3), copiers.length])];
const pictures = [];
let combined;
circuits.forEach((circuit, i) => {
  const weighted = circuit.mul(copiers[i].score);
  combined = i === 0 ? weighted : combined.add(weighted);
  together.push(raises(combined));
  if (counts.includes(i + 1))
    pictures.push(
      chart.heatmap(combined.slice({ row: few, column: few }), {
        title: i === 0 ? `head ${copiers[0].head}` : `${i + 1} heads`,
        x: "token that is raised",
        y: "token that is read",
        diverging: true,
      }),
    );
});
chart.grid(pictures, { title: "OV circuits over 60 tokens, added up", columns: 3 }).save("circuits");
chart
  .line(
    { "added up": together, "each alone": alone },
    {
      title: "Tokens that raise themselves most, of 300",
      x: "head, by copying score",
      y: "share",
      labels: copiers.map(({ head }) => String(head)),
      range: [0, 1],
    },
  )
  .save("added-up");

// ---- do they copy when the model runs? Heads are made to look, from the last token, at one in the middle

const batch = 32;
const length = 20;
const looked = 10;
const texts = model.random({ batch, length });
const rows = texts.toArray();
const before = model.run(texts, { at: -1 }).logits.at({ pos: 0 });
function forced(list) {
  const looking = hook(heads(list).pattern.at(-1), pattern => {
    pattern.fill(0);
    pattern.at({ src: looked }).fill(1);
  });
  const rise = model
    .run(texts, { hooks: [looking], at: -1 })
    .logits.at({ pos: 0 })
    .sub(before);
  const each = rows.map((row, i) => row.map(token => rise.get(i, token)));
  const own = each.map(rises => rises[looked]);
  const most = each.filter((rises, i) => rises.every((value, at) => at === looked || value < own[i]));
  const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    "rise of its logit": mean(own),
    "rise of the others'": mean(each.map((rises, i) => (mean(rises) * rises.length - own[i]) / (rises.length - 1))),
    "share where it rises most": most.length / batch,
  };
}
const least = ranked.slice(-copiers.length).map(({ head }) => head);
const results = [
  { heads: `${copiers.length} copying`, ...forced(copiers.map(({ head }) => head)) },
  { heads: `${copiers.length} with the lowest scores`, ...forced(least) },
  ...copiers
    .slice(0, 8)
    .map(({ head, score }) => ({ heads: `${head} (score ${score.toFixed(2)})`, ...forced([head]) })),
];
table(results).print().save("made-to-look");
record("made to look", results);
record("copying heads", copiers);

const most = Math.max(...together);
const [all, none] = results;
print(
  `${(100 * alone[0]).toFixed(0)}% of tokens raise themselves most through head ${copiers[0].head} alone, ${(100 * most).toFixed(0)}% through ${together.indexOf(most) + 1} heads added up.`,
);
print(
  `Made to look at one token, the ${copiers.length} copying heads raise its logit by ${all["rise of its logit"].toFixed(2)}, the others' by ${all["rise of the others'"].toFixed(2)}.`,
);
const [single] = [...results.slice(2)].sort((a, b) => b["rise of its logit"] - a["rise of its logit"]);
print(
  `The one that does most by itself is head ${single.heads}: ${single["rise of its logit"].toFixed(2)}. Weights say what a head writes towards the logits directly; what later layers make of it they do not say.`,
);

check("heads added up show the diagonal better than any alone", most > Math.max(...alone));
check("copying heads raise the token they are made to look at", all["share where it rises most"] > 0.5);
check(
  "heads with the lowest scores do not",
  none["share where it rises most"] < 0.5 * all["share where it rises most"],
);
