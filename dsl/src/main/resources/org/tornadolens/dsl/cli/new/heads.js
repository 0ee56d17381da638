// Which heads show a known behaviour, and what do they attend to in a text of mine?
import { args, chart, check, head, html, load, print, record, scores, table } from "lens";

const model = load();
const text = args.text ?? "When Mary and John went to the store, John gave a drink to Mary."; // --arg text="…"

// Each score is a tensor [layer, head], measured on repeated random tokens; docs/scores.md has the formulas.
const behaviours = {
  "previous token": scores.previousToken(model),
  "duplicate token": scores.duplicateToken(model),
  induction: scores.induction(model),
};
chart
  .grid(
    Object.entries(behaviours).map(([title, score]) =>
      chart.heatmap(score, { title, x: "head", y: "layer", range: [0, 1] }),
    ),
    { title: "Head scores" },
  )
  .save("scores");

// The strongest heads of each behaviour.
const strongest = Object.entries(behaviours).flatMap(([behaviour, score]) =>
  score.top(3).map(({ layer, head: number, value }) => ({ behaviour, head: `${layer}.${number}`, score: value })),
);
table(strongest).print().save("strongest");

// What the first of them attends to in the text: a page to look at in a browser.
const one = head(strongest[0].head);
const run = model.run(text, { cache: "blocks.*.attn.hook_pattern" });
html.attention(run, { title: "Attention" }).save("attention");
print(`${one} attends to the ${strongest[0].behaviour} with ${strongest[0].score.toFixed(2)} of its attention.`);

record("strongest", strongest);
check("a head attends to the previous token", behaviours["previous token"].max() > 0.5);
