// Where is the answer? A prompt is run together with a corrupted version of it. One part at a time of the clean run is
// patched into the corrupted run; a part that restores the right answer carries it (Meng et al. 2022; Wang et al.
// 2022).
//
//   lens run activation-patching.js [--model PATH] [--arg clean=…] [--arg corrupted=…]
//                                   [--arg right=" Mary"] [--arg wrong=" John"]
import { args, chart, check, head, load, metric, patch, patching, print, record, resid, table } from "lens";

const model = load();
const clean = args.clean ?? "When Mary and John went to the store, John gave a drink to";
const corrupted = args.corrupted ?? "When Mary and John went to the store, Mary gave a drink to";
const lead = metric.logitDiff({ correct: args.right ?? " Mary", wrong: args.wrong ?? " John" });

const before = {
  clean: lead.of(model.run(clean, { at: -1 })).item(),
  corrupted: lead.of(model.run(corrupted, { at: -1 })).item(),
};
print(
  `${lead}: ${before.clean.toFixed(2)} clean, ${before.corrupted.toFixed(2)} corrupted. ` +
    "Below, 0 is the corrupted run and 1 the clean one.",
);

const [pieces] = model.pieces(model.tokens(clean));
const patched = (site, by) => patching.activation(model, { clean, corrupted, metric: lead, site, by, normalize: true });

// ---- the residual stream and the outputs of attention and MLPs, by layer and position

const places = { resid_pre: "residual stream", attn_out: "attention output", mlp_out: "MLP output" };
const byPosition = Object.fromEntries(Object.keys(places).map(site => [site, patched(site, ["layer", "pos"])]));
const maps = Object.entries(byPosition).map(([site, values]) => {
  record(site, values);
  return chart
    .heatmap(values, {
      title: places[site],
      label: "share restored",
      x: "position",
      y: "layer",
      diverging: true,
      range: [-1, 1],
      labels: { pos: pieces },
    })
    .save(site);
});
chart
  .grid(maps, {
    title: "Share of the answer restored by one layer and position",
    columns: model.config.nLayers > pieces.length ? 3 : 1,
    width: "page",
  })
  .save("by-position");

// ---- heads, by their output, inputs and patterns

const heads = Object.fromEntries(["z", "q", "k", "v", "pattern"].map(site => [site, patched(site, ["layer", "head"])]));
chart
  .grid(
    Object.entries(heads).map(([site, values]) =>
      chart.heatmap(values, { title: site, label: "share restored", diverging: true, range: [-1, 1], annotate: 2 }),
    ),
    { title: "Share of the answer restored by one head", columns: 5, width: "page" },
  )
  .save("by-head");
record("z", heads.z);

const strongest = heads.z.top(5).filter(one => one.value > 0.05);
/** A head's number; of keys and values that several heads share, that of their group. */
const numberOf = (values, layer, number) =>
  values.get(layer, Math.floor((number * values.shape[1]) / model.config.nHeads));
table(
  strongest.map(({ layer, head: number, value }) => ({
    head: head(layer, number),
    z: value,
    ...Object.fromEntries(["q", "k", "v", "pattern"].map(site => [site, numberOf(heads[site], layer, number)])),
  })),
)
  .print()
  .save("heads");

// ---- verification: these heads together, and the residual stream at the layer where the answer has moved

const source = model.run(clean, { cache: [resid("*").pre, ...strongest.map(one => head(one.layer, one.head).z)] });
const share = (...hooks) =>
  (lead.of(model.run(corrupted, { at: -1, hooks })).item() - before.corrupted) / (before.clean - before.corrupted);

const together = share(...strongest.map(one => patch(head(one.layer, one.head).z, { from: source })));
const last = byPosition.resid_pre.at({ pos: -1 }).toArray();
const arrived = last.findIndex(value => value > 0.5);
const stream = arrived < 0 ? 0 : share(patch(resid(arrived).pre.at(-1), { from: source }));

print(
  `${strongest.map(one => head(one.layer, one.head)).join(", ")} together restore ${(100 * together).toFixed(0)} %.`,
);
if (arrived >= 0)
  print(
    `Before layer ${arrived} the answer has reached the last position: ` +
      `patching only the residual stream there restores ${(100 * stream).toFixed(0)} %.`,
  );
record("together", together);

check("the two prompts are answered differently", before.clean > 0 && before.corrupted < 0);
check("a few heads together restore more than half of the answer", together > 0.5);
check("the answer moves to the last position within the model", arrived > 0 && stream > 0.5);
