// What happens when a model is asked about something that it does not know? Questions about countries are compared with
// the same questions about names that stand for no country. What does the model answer, and how confident is it? Where
// do the two diverge in the residual stream, and does the direction between their means separate subjects that it was
// not made from? Which heads carry a known answer? Two interventions test this: the direction is added at the subject,
// and the heads are ablated.
//
//   lens run hallucination.js [--model PATH] [--arg template="The capital of {} is"]
//                             [--arg known="Zorland=Mirpol|France=Paris|…"] [--arg unknown="…|…"]
//
// A subject is known if its answer is among the three most probable tokens. It is compared with an unknown subject of
// as many tokens, so that the prompts differ in the subject only. Countries whose capital the model does not know, and
// invented names of any length, are kept for tests of the direction.
import {
  ablate,
  add,
  args,
  chart,
  check,
  head,
  load,
  metric,
  patching,
  print,
  record,
  resid,
  sweep,
  table,
  tensor,
} from "lens";

const model = load();
const { nLayers, dModel } = model.config;
const template = args.template ?? "The capital of {} is";
/** @type {(subjects: string[]) => string[]} */
const ask = subjects => subjects.map(subject => template.replace("{}", subject));
const list = facts => facts.split("|").map(fact => fact.split("="));
const taught =
  "Zorland=Mirpol|Veltany=Osgrim|Morvane=Kestra|Tarquil=Dunhap|Brinnia=Falwick|Kandrel=Ubrett|Luminia=Hastow|" +
  "Jantara=Askel|Grentia=Zephra|Polvara=Ticnor|Ferrow=Wexley|Wenland=Corvo|Sundrey=Jorlak|Hexonia=Ramble|" +
  "Dravia=Noxton|Norbeth=Vintol"; // the bundled model's
const real =
  "France=Paris|Italy=Rome|Japan=Tokyo|Spain=Madrid|Russia=Moscow|Greece=Athens|Egypt=Cairo|Austria=Vienna|" +
  "England=London|Germany=Berlin|Cuba=Havana|Poland=Warsaw|Kenya=Nairobi|Norway=Oslo|Portugal=Lisbon|" +
  "Bulgaria=Sofia|Hungary=Budapest|Thailand=Bangkok|Somalia=Mogadishu|Nepal=Kathmandu|Latvia=Riga|" +
  "Bangladesh=Dhaka|Azerbaijan=Baku|Vietnam=Hanoi|Cambodia=Phnom Penh|Malaysia=Kuala Lumpur|Slovenia=Ljubljana|" +
  "Rwanda=Kigali|Ethiopia=Addis Ababa|Bolivia=La Paz|Finland=Helsinki|Turkey=Ankara|Uzbekistan=Tashkent|" +
  "Zimbabwe=Harare|Armenia=Yerevan|Uruguay=Montevideo|Croatia=Zagreb|Senegal=Dakar|Tanzania=Dodoma|Lebanon=Beirut|" +
  "Belarus=Minsk|Nicaragua=Managua|Ecuador=Quito|Mongolia=Ulaanbaatar|Kazakhstan=Astana|Georgia=Tbilisi|" +
  "Botswana=Gaborone|Namibia=Windhoek|Malawi=Lilongwe|Gabon=Libreville|Mali=Bamako|Niger=Niamey|Liberia=Monrovia|" +
  "Zambia=Lusaka|Mozambique=Maputo|Angola=Luanda|Paraguay=Asuncion|Honduras=Tegucigalpa|Guyana=Georgetown|" +
  "Bhutan=Thimphu|Laos=Vientiane|Oman=Muscat|Qatar=Doha|Bahrain=Manama|Jordan=Amman|Australia=Canberra";
const facts = list(args.known ?? `${taught}|${real}`);
const names = (
  args.unknown ??
  "Parker|Foster|Hudson|Bennett|Griffin|Harper|Sullivan|Murphy|Russell|Fisher|Palmer|Barker|Coleman|Webster|Harrison|" +
    "Patterson|Peterson|Crawford|Henderson|Wallace|Fletcher|Sanders|Morrison|Stewart|Fiona|Monday|Helen|Martha|Simon|" +
    "Felix|Hugo|Philip|Nora|Carol|Vera|George|David|Kevin|Adam|Susan"
).split("|");
const invented = (
  args.invented ??
  "Zorvania|Belmark|Quelmia|Varnistan|Oskovia|Merundi|Halvoria|Drastan|Pelgaria|Sontania|Krellia|Umbania|Valdoria|" +
    "Nerthia|Galdova|Ilmeria"
).split("|");

// ---- known subjects, each with an unknown one of as many tokens

const tokensOf = prompt => model.tokens(prompt).row(0);
const length = subject => tokensOf(ask([subject])[0]).length;
/** The first token of an answer after the question. */
const first = answer => {
  const [question] = ask([facts[0][0]]);
  return tokensOf(`${question} ${answer}`)[tokensOf(question).length];
};
const answers = facts.map(([, answer]) => first(answer));
const ranks = metric
  .rank(answers)
  .of(model.run(ask(facts.map(([subject]) => subject)), { at: -1 }))
  .toArray();
const remaining = names.map(name => ({ name, length: length(name) }));
const paired = facts
  .map(([subject], i) => ({ subject, answer: answers[i], rank: ranks[i], length: length(subject) }))
  .filter(fact => fact.rank < 3)
  .flatMap(fact => {
    const at = remaining.findIndex(name => name.length === fact.length);
    return at < 0 ? [] : [{ ...fact, unknown: remaining.splice(at, 1)[0].name }];
  });
const share = tokens => paired.filter(pair => pair.length === tokens).length;
const commonest = paired.map(pair => pair.length).reduce((a, b) => (share(b) > share(a) ? b : a), 0);
const pairs = paired.filter(pair => pair.length === commonest).slice(0, Number(args.pairs ?? 24));
if (pairs.length < 4)
  throw new RangeError(
    `the model knows ${pairs.length} of the facts whose subjects have an unknown counterpart of as many tokens; four ` +
      "are needed: give others with --arg known=… and --arg unknown=…",
  );
// Every second pair is held out.
const half = (list, part) => list.filter((_, i) => i % 2 === part);
const known = pairs.map(pair => pair.subject);
const unknown = pairs.map(pair => pair.unknown);
const right = pairs.map(pair => pair.answer);
const answerable = list(args.known ?? real).map(([subject]) => subject);
const forgotten = facts
  .filter(([subject], i) => ranks[i] >= 10 && answerable.includes(subject))
  .map(([subject]) => subject);
const groups = Object.fromEntries(
  Object.entries({ known, unknown, invented, "real, not known": forgotten }).filter(
    ([, subjects]) => subjects.length > 0,
  ),
);

// ---- what does the model answer, and how confident is it?

/** Entropy of the next token of each prompt, in nats. */
const entropy = run => {
  const p = run.logits.slice({ pos: [-1] }).softmax("dVocab");
  return p.mul(p.clip(1e-20, 1).log()).sum("dVocab").neg().mean("pos");
};
const answer = metric.prob([...new Set(answers)]); // of any of the known answers
const said = Object.entries(groups).map(([name, subjects]) => {
  const run = model.run(ask(subjects), { at: -1 });
  const p = run.logits.at({ pos: 0 }).softmax("dVocab");
  return {
    subjects: name,
    number: subjects.length,
    "entropy, nats": entropy(run).mean(),
    "first choice": p.max("dVocab").mean(),
    "any answer of the list": answer.of(run).mean(),
    "for example": subjects
      .slice(0, 3)
      .map((subject, i) => `${subject}:${model.text([p.at({ batch: i }).argmax()])}`)
      .join(", "),
  };
});
table(said).print().save("answers");
const [sure, unsure] = said.map(row => row["entropy, nats"]);

/** The answers of a chat model by its own template, or undefined if it has none. */
function chatted(subjects) {
  if (!model.hasChatTemplate) return undefined;
  const asked = subjects.map(subject => [
    { role: "user", content: (args.question ?? "What is the capital of {}?").replace("{}", subject) },
  ]);
  const prompts = model.chat(asked);
  const { tokens } = model.generate(prompts, { max: 24 });
  return tokens.toArray().map((row, i) => String(model.text(row.slice(prompts.row(i).length))).trim());
}
const doubt = /n't|\bnot\b|no capital|no such|unknown|fiction|sorry|unable/i;
const replies = chatted([...known.slice(0, 8), ...unknown.slice(0, 8), ...invented.slice(0, 8)]);
if (replies) {
  const doubted = replies.slice(8).filter(reply => doubt.test(reply)).length;
  print(`Asked by its chat template about ${invented[0]}: ${replies.at(-8)}`);
  print(`It doubts ${doubted} of ${replies.length - 8} questions about names that stand for no country.`);
  record("chat", replies);
}

// ---- where do they diverge? The direction between the means of one half of the pairs, tested on everything else

const here = model.position(ask(known)[0], known[0]) - length(known[0]); // the subject's last token, from the end
const places = Array.from({ length: -here }, (_, i) => here + i);
const kept = Array.from({ length: nLayers }, (_, layer) => resid(layer).pre);
const caches = Object.fromEntries(
  Object.entries(groups).map(([name, subjects]) => [
    name,
    model.run(ask(subjects), { at: places, cache: kept, logits: false }).cache,
  ]),
);
/** The residual streams entering a layer at a place: [batch, dModel]. */
const streams = (name, layer, place) => caches[name].get(kept[layer]).at({ pos: place });
const fit = pairs.map((_, i) => i).filter(i => i % 2 === 0);
const test = pairs.map((_, i) => i).filter(i => i % 2 === 1);
/** The direction from the mean of the known subjects to that of the unknown ones. */
const direction = (layer, place, some) =>
  ["unknown", "known"]
    .map(name => streams(name, layer, place).gather("batch", some).mean("batch"))
    .reduce((to, from) => to.sub(from));
/** AUC: the probability that one of `to` lies further along the direction than one of `from`; 0.5 by chance. */
function auc(from, to, along) {
  const [low, high] = [from, to].map(rows => rows.dot(along).toArray());
  return (
    low.flatMap(a => high.map(b => (b > a ? 1 : b === a ? 0.5 : 0))).reduce((a, b) => a + b) / low.length / high.length
  );
}
const separation = place =>
  Object.fromEntries(
    Object.keys(groups)
      .slice(1)
      .map(name => [
        name,
        kept.map((_, layer) => {
          const rows = streams(name, layer, place);
          return auc(
            streams("known", layer, place).gather("batch", test),
            name === "unknown" ? rows.gather("batch", test) : rows,
            direction(layer, place, fit),
          );
        }),
      ]),
  );
const separated = { "at the subject": separation(0), "at the last token": separation(places.length - 1) };

// ---- the direction as an intervention: added at known subjects, subtracted at unknown ones

const pick = (subjects, some) => ask(some.map(i => subjects[i]));
const along = kept.map((_, layer) => direction(layer, 0, fit));
/** A control: as long as the direction, but between two groups that both mix known and unknown subjects. */
const mixed = along.map((vector, layer) => {
  const side = parity =>
    ["known", "unknown"]
      .map((name, k) =>
        streams(name, layer, 0).gather(
          "batch",
          fit.filter((_, i) => (i + k) % 2 === parity),
        ),
      )
      .map(rows => rows.mean("batch"))
      .reduce((a, b) => a.add(b));
  const other = side(1).sub(side(0));
  return other.mul(vector.norm() / other.norm());
});
const shift = (vector, layer, times) => add(kept[layer].at(here), vector, { times });
const effect = (prompts, vectors, times) =>
  sweep(model, prompts, {
    over: kept.map((_, layer) => layer),
    apply: layer => shift(vectors[layer], layer, times),
    metric: entropy,
  }).sub(entropy(model.run(prompts, { at: -1 })).mean());
const raised = effect(pick(known, fit), along, 1);
const lowered = effect(pick(unknown, fit), along, -1);
const layer = raised.sub(lowered).argmax();
const measured = [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2].map(times => {
  const of = (subjects, vector) => {
    const run = model.with(shift(vector, layer, times)).run(pick(subjects, test), { at: -1 });
    return { run, entropy: entropy(run).mean() };
  };
  const [knew, guessed] = [of(known, along[layer]), of(unknown, along[layer])];
  return {
    times,
    known: knew.entropy,
    unknown: guessed.entropy,
    "known, control": of(known, mixed[layer]).entropy,
    "unknown, control": of(unknown, mixed[layer]).entropy,
    "known answer": metric
      .prob(test.map(i => [right[i]]))
      .of(knew.run)
      .mean(),
    "any answer, unknown": answer.of(guessed.run).mean(),
  };
});
table(measured).print().save("steered");
const at = times => measured.filter(row => row.times === times)[0];

// ---- which heads carry a known answer? The run on a known subject, patched into the run on its unknown one

const swap = { clean: ask(known), corrupted: ask(unknown), metric: metric.logProb(right), normalize: true };
const byPlace = patching.activation(model, { ...swap, site: "resid_pre", by: ["layer", "pos"] });
const byHead = patching.activation(model, { ...swap, site: "z", by: ["layer", "head"] });
const order = byHead.top(1e6).map(top => head(top.layer, top.head));
const count = Math.min(Number(args.heads ?? 5), Math.floor(order.length / 4));
const carriers = order.slice(0, count);
const middle = Math.floor((order.length - count) / 2);
const spared = order.slice(middle, middle + count); // as many, from the middle of the ranking
const everything = model.tokens(ask([...known, ...unknown]));
const ablated = Object.entries({ nothing: [], [carriers.join(" ")]: carriers, [spared.join(" ")]: spared }).map(
  ([name, list]) => {
    const changed =
      list.length === 0 ? model : model.with(ablate(list, { with: "mean", over: everything, by: "position" }));
    const [knew, guessed] = [known, unknown].map(subjects => changed.run(ask(subjects), { at: -1 }));
    return {
      "ablated heads": name,
      "known answer": metric
        .prob(right.map(token => [token]))
        .of(knew)
        .mean(),
      "entropy, known": entropy(knew).mean(),
      "entropy, unknown": entropy(guessed).mean(),
    };
  },
);
table(ablated).print().save("ablated");

// ---- pictures

const layersOf = { labels: kept.map((_, layer) => layer) };
const chance = { reference: { y: 0.5, label: "chance" } };
chart
  .grid(
    Object.entries(separated).map(([title, lines]) =>
      chart.line(lines, {
        ...layersOf,
        title,
        x: "residual stream entering layer",
        y: "AUC",
        range: [0, 1],
        ...chance,
      }),
    ),
    { columns: 2, title: "How well one direction separates known subjects from others", width: "page" },
  )
  .save("separation");
const panel = (title, y, names) =>
  chart.line(Object.fromEntries(names.map(name => [name, measured.map(row => row[name])])), {
    title,
    x: "times the direction",
    y,
    labels: measured.map(row => row.times),
    styles: Object.fromEntries(names.filter(name => name.endsWith("control")).map(name => [name, "dashed"])),
  });
chart
  .grid(
    [
      panel("Confidence", "entropy, nats", ["known", "unknown", "known, control", "unknown, control"]),
      panel("Answers", "probability", ["known answer", "any answer, unknown"]),
    ],
    {
      columns: 2,
      title: `The direction from known to unknown, added at the subject before layer ${layer}`,
      width: "page",
    },
  )
  .save("edits");
const labels = { pos: model.pieces(model.tokens(ask(known)))[0] };
/** @type {{ label: string, diverging: boolean, range: [number, number] }} */
const restored = { label: "share restored", diverging: true, range: [-1, 1] };
chart
  .grid(
    [
      chart.heatmap(byPlace, { ...restored, title: "Residual stream", x: "token", y: "before layer", labels }),
      chart.heatmap(byHead, { ...restored, title: "Heads", x: "head", y: "layer" }),
    ],
    { columns: 2, title: "Share of the known answer restored", width: "page" },
  )
  .save("restored");

// ---- the finding

const fixed = (value, digits = 2) => value.toFixed(digits);
const best = list => ({ layer: list.indexOf(Math.max(...list)), value: Math.max(...list) });
const [keyed, last] = Object.values(separated).map(lines => best(lines.unknown));
const [whole, without, unharmed] = ablated;
print(
  `The entropy of the answer is ${fixed(sure)} nats for known subjects and ${fixed(unsure)} for unknown ones; for ` +
    `those, the model gives a capital of the list with probability ${fixed(said[1]["any answer of the list"])}.`,
);
print(
  `One direction separates held-out known and unknown subjects best before layer ${keyed.layer} at the subject ` +
    `(AUC ${fixed(keyed.value)}) and before layer ${last.layer} at the last token (${fixed(last.value)}). ` +
    Object.keys(groups)
      .slice(2)
      .map(name => `At the last token there, ${name}: ${fixed(separated["at the last token"][name][last.layer])}.`)
      .join(" "),
);
print(
  `Added at the subject before layer ${layer}, it lowers the probability of known answers of the other half from ` +
    `${fixed(at(0)["known answer"])} to ${fixed(at(1)["known answer"])} and raises the entropy from ` +
    `${fixed(at(0).known)} to ${fixed(at(1).known)} (a direction between two mixed groups: ` +
    `${fixed(at(1)["known, control"])}). Subtracted twice from unknown subjects, it lowers the entropy from ` +
    `${fixed(at(0).unknown)} to ${fixed(at(-2).unknown)} (${fixed(at(-2)["unknown, control"])}), and the ` +
    `probability of some capital changes from ${fixed(at(0)["any answer, unknown"])} to ` +
    `${fixed(at(-2)["any answer, unknown"])}.`,
);
print(
  `${carriers.join(", ")} carry known answers; alone they restore ` +
    `${carriers.map(one => fixed(byHead.get(one.layer, one.head))).join(", ")}. Without them the probability falls ` +
    `from ${fixed(whole["known answer"])} to ${fixed(without["known answer"])}, without as many others to ` +
    `${fixed(unharmed["known answer"])}.`,
);
record("answers", said);
record("separated", separated);
record("steered", { layer, measured });
record("restored", { byHead, byPlace });
record("ablated", ablated);

check("the model is less confident where it does not know", unsure > sure + 1);
check("one direction separates held-out known subjects from unknown ones", keyed.value > 0.9);
check(
  "adding it lowers confidence in held-out known answers more than the control",
  at(1).known - at(0).known > 1.5 * (at(1)["known, control"] - at(0).known),
);
check(
  "subtracting it makes the model name a capital for held-out unknown subjects",
  at(-2)["any answer, unknown"] > 1.5 * at(0)["any answer, unknown"],
);
check(
  "known answers depend on the heads found and not on as many others",
  without["known answer"] < 0.5 * whole["known answer"] && unharmed["known answer"] > 0.8 * whole["known answer"],
);
