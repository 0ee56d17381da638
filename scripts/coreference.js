// How does a model find out to whom "she" or to what "which" refers? Sentences come in pairs: one word, mostly the
// pronoun itself, decides which of two earlier words is meant, and each of the two is meant once, so that a head which
// attends by position or to a favourite word gains nothing. Coreference heads are chosen on one half of the pairs and
// measured on the other. Attention is only a hint: attribution, activation and path patching between the two sentences
// of a pair find the heads that carry the referent to the answer, and patching and ablating them verify it.
//
//   lens run coreference.js [--model PATH] [--arg text="a text to show in colours"] [--arg heads=5]
import {
  ablate,
  args,
  chart,
  check,
  head,
  heads,
  html,
  load,
  metric,
  patch,
  patching,
  print,
  record,
  scores,
  sweep,
  table,
  tensor,
} from "lens";

const model = load();
const { nLayers, nHeads } = model.config;
const count = Number(args.heads ?? Math.min(5, Math.ceil((nLayers * nHeads) / 8)));

// ---- the sentences: {a|b} is "a" in the first of a pair, where [x] is meant, and "b" in the second, where (y) is. The
// pronoun is that word, or the one in <>. A sentence ends where the word that is meant follows, or one after "=>".

const sentences = {
  "he, she": [
    "On Monday [Anna] met (Tom) in the park. {She|He} was tired, so Sara gave some bread to",
    "In the library, (Henry) sat next to [Rosa]. {She|He} looked worried, and Daniel said hello to",
    "One day (Robert) saw [Julia] at the station. {She|He} came to me and said: My name is",
    "In May [Grace] and (Sam) were in the garden. {She|He} picked up the phone and said: This is",
  ],
  "him, her": [
    "On Monday (James) and [Mary] came home late. The dog loved {her|him} and ran to",
    "One day [Kate] and (Jack) fell into the river. A sailor saw {her|him} first and swam to",
    "In May (Victor) met [Helen] at school. Everyone called {her|him}",
    "On Monday [Linda] and (Carl) came to the door. I looked at {her|him} and said: Hello,",
  ],
  "his, her": [
    "One day (Adam) and [Wendy] had a race. {Her|His} horse was faster, so the race was won by",
    "My friends [Jane] and (David) write books. {Her|His} new book is about the sea. The new book was written by",
    "In May (Martin) danced with [Alice] at the hotel. {Her|His} name was",
    "On Monday [Eva] came to the party with (Luke). It was {her|his} birthday. We sang: Happy birthday, dear",
  ],
  "himself, herself": [
    "One day [Sally] cooked with (George). One of them cut {herself|himself}. The doctor was called for",
    "My friends (Philip) and [Nancy] are painters. One of them also painted {herself|himself}. That picture shows",
    "In May (Walter) and [Molly] came to the shop. One of them introduced {herself|himself} as",
    "On Monday [Diana] met (Kevin). One of them talked about {herself|himself} all day. The talk was all about",
  ],
  "that he, she": [
    "One day [Rachel] told (Brian) that {she|he} had won the prize. The prize was given to",
    "In May (Max) told [Betty] that {she|he} owed money to the bank. The bank sent a letter to",
    "On Monday [Amy] heard from (Leo) that {she|he} was the best player of the team. Everyone cheered for",
    "The judge said that [Martha] had lied to (Edward) and that {she|he} would need a lawyer. A lawyer was found for",
  ],
  "because he, she": [
    "One day (Bruno) waited for [Maria] until {she|he} was ready to leave. The last to be ready was",
    "In May [Ella] thanked (Ben) because {she|he} was polite. The polite one was",
    "While the rain fell on the old farm, [Holly] read to (Noah), since {she|he} could not sleep. The one awake was",
    "On Monday (Jacob) stopped talking to [Ruth] after {she|he} moved to another city. The new city was strange to",
  ],
  "who, which": [
    "Next to the [doctor] stood a (horse), {who|which} was very old. The old one was the",
    "There was a (ring) for the [queen], {who|which} came from far away. From far away came the",
    "We saw the [king] and the (castle), {who|which} everyone admires. Everyone admires the",
    "Behind the (box) was the [boy], {who|which} Tom had looked for. Tom had looked for the",
  ],
  "it, he": [
    "The [teacher] bought the (lamp) in the village. {He|It} was strange. The strange one was the",
    "The (snow) surprised the [driver] in the mountains. {He|It} came from the north. From the north came the",
    "The (house) of the [baker] was near the river, and {he|it} could be seen from the road. From the road we saw the",
    "The [singer] forgot the (guitar) on the train, where {he|it} was found by a sailor. The sailor found the",
  ],
  "they, he": [
    "The [children] waited for the (teacher). {They|He} looked tired, so Mary gave some water to the",
    "The (farmer) sold the [horses] in the spring. {They|He} went to a distant city. The distant city was new to the",
    "The [soldiers] followed the (king) to the bridge. {They|He} fell into the water. Wet were the clothes of the",
    "The (doctor) lived next to the [students]. {They|He} made a lot of noise. The noise came from the",
  ],
  "which, named again": [
    "The red [box] and the blue (cup) were in the garden. Mary took the {box|cup}, <which> was => red|blue",
    "A green [ball] stood next to a white (hat). Tom asked for the {ball|hat}, <which> was => green|white",
  ],
  "it, named again": [
    "A red [box] stood next to a blue (cup). Tom liked the {box|cup} since <it> was => red|blue",
    "Paul had a brown [bell]. Lucy had a silver (ring). Mary bought the {bell|ring} as <it> was => brown|silver",
  ],
  "who, named again": [
    "My friend [Anna] is a doctor and (Paul) is a singer. Mary met {Anna|Paul}, <who> was a => doctor|singer",
    "In May [Tom] became a teacher and (Lucy) became a driver. John called {Tom|Lucy}, <who> was a => teacher|driver",
  ],
  "whose, named again": [
    "In May [Anna] had a dog and (Paul) had a cat. Sara visited {Anna|Paul}, <whose> pet was a => dog|cat",
    "My friend [Tom] owns a horse. (Lucy) owns a bird. Mary helped {Tom|Lucy}, <whose> pet is a => horse|bird",
  ],
};

/** Returns the two sentences of a pair, with where their words stand, counted from the end. */
function pairOf(kind, line, index) {
  const found = pattern => pattern.exec(line)?.[1] ?? "";
  const [words, ends] = [found(/\{(.*?)\}/).split("|"), found(/=> (.*)/).split("|")];
  const meant = [found(/\[(.*?)\]/), found(/\((.*?)\)/)];
  return words.map((word, which) => {
    const text = line.replace(/\{.*?\}/, word).replace(/ =>.*|[[\]()<>]/g, "");
    const place = (/** @type {string} */ word, first = false) =>
      model.position(text, word, { which: first ? "first" : "last" }) - model.tokens(text).length;
    const answers = ends.length > 1 ? ends : meant;
    return {
      kind,
      text,
      heldOut: index % 2 === 1,
      pronoun: place(found(/<(.*?)>/) || word),
      decides: place(word),
      end: -1,
      referent: place(meant[which], true),
      distractor: place(meant[1 - which], true),
      right: ` ${answers[which]}`,
      wrong: ` ${answers[1 - which]}`,
    };
  });
}
const pairs = Object.entries(sentences).flatMap(([kind, lines]) => lines.map((line, i) => pairOf(kind, line, i)));
const rows = pairs.flat();
const prompts = model.tokens(rows.map(row => row.text));
const rowsWhere = test => [...rows.keys()].filter(i => test(rows[i]));
const [chosenOn, heldOut] = [rowsWhere(row => !row.heldOut), rowsWhere(row => row.heldOut)];
print(`${rows.length} sentences in ${pairs.length} pairs, half of them held out.`);

// ---- attention from the pronoun to the referent, and to the distractor

const run = model.run(prompts, { cache: heads().pattern, logits: false });
const patterns = Array.from({ length: nLayers }, (_, l) => run.cache.get(`blocks.${l}.attn.hook_pattern`));
/** Returns each head's attention in each sentence from the pronoun, or from the end, to a word [row, layer, head]. */
const attention = (from, word) =>
  tensor(
    rows.map((row, batch) => patterns.map(p => p.at({ batch, dest: row[from], src: row[word] }).toArray())),
    ["row", "layer", "head"],
  );
const over = (values, some) => values.gather("row", some).mean("row");
const listed = values => values.map(top => head(top.layer, top.head));
const again = rows.map(row => Number(row.decides !== row.pronoun)); // 1: the referent is named a second time
const looks = ["pronoun", "end"].map(from => {
  const [first, distractor, decides] = ["referent", "distractor", "decides"].map(word => attention(from, word));
  // a second mention stands just before the pronoun, where attention to it says nothing
  const referent = from === "end" ? first.add(decides.mul(tensor(again, ["row"]))) : first;
  const preference = referent.sub(distractor);
  return { from, referent, distractor, decides, preference, heads: listed(over(preference, chosenOn).top(count)) };
});
const lookers = looks.flatMap(look => look.heads).filter((h, i, all) => all.map(String).indexOf(String(h)) === i);

// what a head gives by position alone: its attention as many tokens back in random text, where nothing is meant
const random = model.run(model.random({ batch: 8, length: 48 }), { cache: lookers.map(h => h.pattern), logits: false });
const blind = (h, from) => {
  const pattern = random.cache.get(h.pattern).mean("batch");
  return tensor(
    heldOut.map(i => pattern.diagonal(rows[i].referent - rows[i][from]).mean()),
    ["row"],
  ).mean();
};
const [duplicate, induction] = [scores.duplicateToken(model), scores.induction(model)];
const one = (values, h) => values.get({ layer: h.layer, head: h.head });
const namedAgain = [...rows.keys()].filter(i => again[i]);
const heldOutScores = looks.flatMap(look =>
  look.heads.map(h => {
    const [referent, distractor] = [look.referent, look.distractor].map(to => one(over(to, heldOut), h));
    return {
      from: look.from,
      head: h,
      chosen: one(over(look.preference, chosenOn), h),
      referent,
      distractor,
      "random text": blind(h, look.from),
      "named again": one(over(look.decides, namedAgain), h),
      "duplicate token": one(duplicate, h),
      induction: one(induction, h),
    };
  }),
);
table(heldOutScores).print().save("heads");
const kinds = Object.keys(sentences);
const ofKind = kind => rowsWhere(row => row.heldOut && row.kind === kind);
chart
  .grid(
    looks.map(look => {
      const values = look.heads.map(h => kinds.map(kind => one(over(look.preference, ofKind(kind)), h)));
      return chart.heatmap(tensor(values, ["head", "construction"]), {
        title: `from the ${look.from}`,
        labels: { head: look.heads.map(String), construction: kinds },
        label: "difference of attention",
        range: [-1, 1],
      });
    }),
    { title: "Attention to the referent minus attention to the distractor", columns: 2, width: "page" },
  )
  .save("constructions");
chart
  .grid(
    looks.map(look =>
      chart.heatmap(over(look.preference, heldOut), {
        title: `from the ${look.from}`,
        x: "head",
        y: "layer",
        label: "difference of attention",
        range: [-0.5, 0.5],
        annotate: 2,
      }),
    ),
    { title: "Attention to the referent minus attention to the distractor", columns: 2, width: "page" },
  )
  .save("attention");
const best = looks.map((_, i) => heldOutScores[i * count]);
best.forEach(({ from, head: h, referent, distractor, "random text": blind }) =>
  print(
    `From the ${from}, ${h} attends to the referent with ${referent.toFixed(2)}, to the distractor with ` +
      `${distractor.toFixed(2)}, and as far back in random text with ${blind.toFixed(2)}.`,
  ),
);

// ---- a text in colours: what these heads attend to from pronouns, and from the last token

const text =
  args.text ??
  [0, 12, 32, 4].map((pair, i) => pairs[pair][0].text + (i < 3 ? `${pairs[pair][0].right}.` : "")).join(" ");
const shown = model.run(text, { cache: lookers.map(h => h.pattern), logits: false });
const said = model.pieces(shown.tokens)[0];
const pronoun = /^[▁Ġ ]?(which|who|whom|whose|it|its|he|she|him|her|his|(him|her|it)self|they|them|their)$/i;
const links = tensor(
  lookers.map(h => shown.cache.get(h.pattern).at({ batch: 0 }).toArray()),
  ["head", "dest", "src"],
).max("head");
said.forEach((piece, dest) => {
  if (!pronoun.test(piece) && dest < said.length - 1) links.at({ dest }).fill(0);
});
html.links(said, links, { title: `What heads ${lookers.join(", ")} attend to`, ignore: 0 }).save("colours");

// ---- does the model answer by the referent? Half the logit difference between the two sentences of a pair, so that
// neither order nor a favourite name counts

const single = word => model.tokens(`a${word}`).length === model.tokens("a").length + 1;
const usable = pairs.filter(
  ([a, b]) => single(a.right) && single(b.right) && model.tokens(a.text).length === model.tokens(b.text).length,
);
const answersOf = some => metric.logitDiff({ correct: some.map(row => row.right), wrong: some.map(row => row.wrong) });
/** Returns the logit difference of each pair, averaged over its two sentences [pair]. */
const shifts = (some, seen = model) =>
  answersOf(some.flat())
    .of(
      seen.run(
        some.flat().map(row => row.text),
        { at: -1 },
      ),
    )
    .reshape({ pair: some.length, row: 2 })
    .mean("row");
const percent = share => `${Math.round(100 * share)} %`;
const shareRight = values => values.gt(0).mean();
const all = shifts(usable);
table(
  kinds.map(kind => {
    const some = usable.flatMap(([row], i) => (row.kind === kind ? [all.get(i)] : []));
    const mean = some.reduce((sum, x) => sum + x, 0) / some.length;
    return { construction: kind, pairs: some.length, resolved: some.filter(x => x > 0).length, shift: mean };
  }),
)
  .print()
  .save("answers");
print(
  `The word that decides moves the answer to the referent in ${percent(shareRight(all))} of ${usable.length} pairs.`,
);

// ---- which heads carry the referent to the answer? Estimated for all by attribution, measured for the strongest

const byShift = usable.map((pair, i) => ({ pair, shift: all.get(i) })).sort((a, b) => b.shift - a.shift);
const studied = byShift
  .filter(({ pair: [row] }) => !row.heldOut)
  .slice(0, Number(args.pairs ?? 10))
  .flatMap(one => one.pair);
const corrupted = some => some.map((_, i) => some[i ^ 1].text); // the same sentence with the other referent
const swap = {
  clean: model.tokens(studied.map(row => row.text)),
  corrupted: model.tokens(corrupted(studied)),
  metric: answersOf(studied),
};
const whole = swap.metric.of(model.run(swap.clean, { at: -1 })).mean();
const other = swap.metric.of(model.run(swap.corrupted, { at: -1 })).mean();
const share = values => values.sub(whole).div(other - whole); // 1: the answer is that of the other sentence
const estimated = share(patching.attribution(model, { ...swap, by: "head", steps: 3 }).add(whole));
const candidates = listed(estimated.abs().top(4 * count));
const donor = model.run(swap.corrupted, { cache: candidates.map(h => h.z), logits: false });
const exact = share(
  sweep(model, swap.clean, { over: candidates.map(h => patch(h, { from: donor })), metric: swap.metric }),
);
const ranked = exact.top(candidates.length).map(({ cell, value }) => ({ head: candidates[cell], restored: value }));
const carriers = ranked.slice(0, count).map(one => one.head);
table(
  ranked.map(({ head: h, restored }) => ({
    head: h,
    patched: restored,
    estimated: one(estimated, h),
    ...Object.fromEntries(looks.map(look => [`looks from ${look.from}`, one(over(look.preference, heldOut), h)])),
  })),
)
  .print()
  .save("carriers");

// where the referent is: the residual stream at the word that decides, and at the end
const places = { "at the word that decides": "decides", "at the end": "end" };
const sites = patching.activation(model, {
  ...swap,
  site: "resid_pre",
  by: ["layer", "pos"],
  positions: Object.values(places).map(word => studied.map(row => row[word])),
  normalize: true,
});
chart
  .line(Object.fromEntries(Object.keys(places).map((place, pos) => [place, sites.at({ pos })])), {
    title: "Share of the answer restored by the residual stream at one token",
    x: "layer",
    y: "share restored",
    width: "column",
  })
  .save("sites");

// ---- the circuit behind: exact paths from the strongest heads to the logits, and from earlier ones into those

const effects = (senders, receivers) => share(patching.path(model, { ...swap, senders: heads(senders), receivers }));
const edges = (values, to) =>
  values.top(count).map(({ layer, head: n, value }) => ({ from: head(layer, n), to, effect: value }));
const toLogits = edges(effects(candidates, "logits"), "logits");
const movers = toLogits.slice(0, 3).map(edge => edge.from);
const early = [...candidates, ...lookers].filter(h => movers.some(mover => h.layer < mover.layer));
const inputs =
  early.length === 0
    ? []
    : ["q", "k", "v"].flatMap(kind =>
        edges(
          effects(
            early,
            movers.map(mover => mover[kind]),
          ),
          `${movers.join(" ")} ${kind}`,
        ),
      );
table([...toLogits, ...inputs].filter(edge => edge.effect > 0.02))
  .print()
  .save("paths");

// ---- verification on held-out pairs: heads taken from the sentence with the other referent, heads ablated

const unseen = usable.filter(([row]) => row.heldOut);
const spare = model.heads(heads()).filter(h => ![...lookers, ...candidates].some(x => String(x) === String(h)));
/** Returns sets of as many heads of the same layers, as far as there are any, that seem unimportant. */
const rest = some => {
  const same = spare.filter(h => some.some(x => x.layer === h.layer));
  const pool = same.length < some.length ? spare : same;
  return [0, 1, 2, 3].map(n => some.map((_, i) => pool[(n * some.length + i) % pool.length]).slice(0, pool.length));
};
const swappedIn = (pairs, some) => {
  const from = model.run(corrupted(pairs.flat()), { cache: some.map(h => h.z), logits: false });
  return shifts(pairs, model.with(patch(some, { from })));
};
const without = (pairs, some) =>
  shifts(pairs, model.with(ablate(some, { with: "mean", over: model.run(prompts, { cache: some, logits: false }) })));
const base = shifts(unseen);
const measured = {
  model: [base],
  [`${carriers.join(" ")} patched`]: [swappedIn(unseen, carriers)],
  "as many others patched": rest(carriers).map(some => swappedIn(unseen, some)),
  ...Object.fromEntries(
    looks.map(look => [`${look.heads.join(" ")} (from the ${look.from}) ablated`, [without(unseen, look.heads)]]),
  ),
  "as many others ablated": looks.flatMap(look => rest(look.heads)).map(some => without(unseen, some)),
};
const summary = Object.entries(measured).map(([what, all]) => ({
  what,
  shift: tensor(
    all.map(values => values.mean()),
    ["set"],
  ).mean(),
  lowest: Math.min(...all.map(values => values.mean())),
  resolved: tensor(all.map(shareRight), ["set"]).mean(),
}));
table(summary).print().save("verification");
const [intact, flipped, kept, ofPronoun, ofEnd, spared] = summary;
chart
  .bar(
    summary.map(row => row.shift),
    {
      title: "Answers on held-out pairs",
      y: "logit difference, meant minus not meant",
      labels: ["model", "carriers patched", "others patched", "pronoun ablated", "end ablated", "others ablated"],
      width: "column",
    },
  )
  .save("verification");
print(
  `On held-out pairs the meant word leads by ${intact.shift.toFixed(2)}. With ${carriers.join(", ")} from the other ` +
    `sentence the lead is ${flipped.shift.toFixed(2)}, with as many others ${kept.shift.toFixed(2)}; without the ` +
    `heads that look from the pronoun it is ${ofPronoun.shift.toFixed(2)}, without those that look from the end ` +
    `${ofEnd.shift.toFixed(2)}, without as many others ${spared.shift.toFixed(2)}.`,
);
record(
  "heads",
  heldOutScores.map(row => ({ ...row, head: String(row.head) })),
);
record("answers", shareRight(all));
record("verification", summary);

const found = best.filter(row => row.referent > 1.5 * row.distractor && row.referent > 2 * row["random text"]);
check("a head prefers the referent on held-out sentences, and not by position", found.length > 0);
check("the model answers by the referent", shareRight(all) > 0.75);
check("patching the carriers turns the answer round on held-out pairs", flipped.shift < 0);
check("patching as many others does not", kept.shift > 0.5 * intact.shift);
check(
  "ablating heads that look costs more than ablating others",
  Math.min(ofPronoun.shift, ofEnd.shift) < spared.lowest,
);
