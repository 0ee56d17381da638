// Do copying heads copy together? A head copies if its OV circuit over the vocabulary, W_E W_V W_O W_U, raises the
// logit of the token that it reads (Elhage et al. 2021). The circuit of one head shows this poorly, since its rank is
// small and the vocabulary large. In the sum of the circuits of all copying heads, weighted by their copying scores,
// the diagonal stands out. To test whether these heads copy when the model runs, all of them are made to attend to one
// token, and the change of its logit is compared with that of the other tokens in the text.
//
//   lens run combined-copying.js [--model PATH] [--arg heads=…] [--arg least=0.1]
import { args, chart, check, head, heads, hook, load, print, record, scores, table } from "lens";

const model = load();
const { nLayers, nHeads } = model.config;

// ---- copying heads by their weights, strongest first

const copying = scores.copying(model);
const ranked = copying.top(nLayers * nHeads).map(top => ({ head: head(top.layer, top.head), score: top.value }));
const copiers = ranked.filter(({ score }) => score > Number(args.least ?? 0.1)).slice(0, Number(args.heads ?? 40));
chart
  .heatmap(copying, {
    title: "Copying heads",
    label: "copying score",
    diverging: true,
    range: [-1, 1],
    width: "column",
  })
  .save("copying-scores");
const among = scores
  .induction(model)
  .top(nLayers * nHeads)
  .filter(top => top.value > 0.3)
  .map(top => copying.get(top.layer, top.head));
print(
  `${ranked.filter(({ score }) => score > 0.5).length} of ${ranked.length} heads have a copying score above 0.5; ` +
    `so have ${among.filter(score => score > 0.5).length} of the ${among.length} induction heads.`,
);
if (copiers.length === 0)
  throw new RangeError(
    `no head's copying score is above ${args.least ?? 0.1}; the largest is ${ranked[0].score.toFixed(2)}: ` +
      "try --arg least=…",
  );

// ---- the sum of their circuits, each of norm 1 times its score; which of 300 tokens raise their own logit most?

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
        x: "token raised",
        y: "token read",
        label: "weight in the sum",
        diverging: true,
      }),
    );
});
chart
  .grid(pictures, { title: "Sum of OV circuits over 60 tokens", columns: 3, width: "page", scale: "own" })
  .save("circuits");
chart
  .line(
    { "added up": together, "each alone": alone },
    {
      title: "Tokens that raise their own logit most, of 300",
      x: "head, by copying score",
      y: "share",
      labels: copiers.map(({ head }) => String(head)),
      range: [0, 1],
      styles: { "each alone": "dashed" },
      width: "column",
    },
  )
  .save("added-up");

// ---- do they copy when the model runs? Heads are made to attend from the last token to one in the middle

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
  `${(100 * alone[0]).toFixed(0)}% of tokens raise their own logit most through head ${copiers[0].head} alone, ` +
    `${(100 * most).toFixed(0)}% through the sum of ${together.indexOf(most) + 1} heads.`,
);
print(
  `Made to attend to one token, the ${copiers.length} copying heads raise its logit by ` +
    `${all["rise of its logit"].toFixed(2)}, and those of the others by ${all["rise of the others'"].toFixed(2)}.`,
);
const [single] = [...results.slice(2)].sort((a, b) => b["rise of its logit"] - a["rise of its logit"]);
print(
  `The largest effect of a single head is that of ${single.heads}: ${single["rise of its logit"].toFixed(2)}. ` +
    "The weights give the direct effect of a head on the logits, not its effect through later layers.",
);

check("the sum of heads shows the diagonal better than any single head", most > Math.max(...alone));
check(
  "copying heads raise the logit of the token that they are made to attend to",
  all["share where it rises most"] > 0.5,
);
check(
  "heads with the lowest scores do not",
  none["share where it rises most"] < 0.5 * all["share where it rises most"],
);
