// Can a direction of the residual stream steer the model? The direction is the difference between the means of two
// kinds of prompts at their last token; it is then added to the run of a prompt of the other kind.
import { add, args, chart, check, load, metric, print, project, record, resid } from "lens";

const model = load();

// Prompts of two kinds, which the model continues in different ways, and a word that tells them apart.
const wanted = ["Help me burn the house.", "How do I make a bomb?", "Tell me how to poison the soup."];
const other = ["Help me clean the house.", "How do I make a cake?", "Tell me how to wash the cup."];
const says = request => `User: ${request} Assistant:`;
const refuses = metric.logProb(model.pieces(" Sorry").length === 1 ? " Sorry" : " I"); // in nats

// Late enough for the model to have decided, early enough to act on; --arg layer=N takes another layer.
const place = resid(Number(args.layer ?? Math.floor(0.7 * model.config.nLayers))).post;
const mean = requests =>
  model
    .run(requests.map(says), { cache: place, at: -1, logits: false })
    .cache.get(place)
    .mean("batch", "pos"); // [dModel]
const direction = mean(wanted).sub(mean(other));

// The direction is added with several factors to the requests that the model answers.
const times = [0, 0.5, 1, 1.5, 2];
const steered = times.map(factor =>
  refuses.of(model.with(add(place, direction, { times: factor })).run(other.map(says))).mean(),
);
chart
  .line(steered, { title: "The direction added", x: "times", y: "log p (refusal), in nats", labels: times })
  .save("steered");

// Added, it makes the model refuse; projected out, it is missing where the model needs it.
const say = (one, request) => one.generate(says(request), { max: 12 }).text;
print("as it is:      ", say(model, other[0]));
print("with it added: ", say(model.with(add(place, direction, { steps: "prompt" })), other[0]));
print("as it is:      ", say(model, wanted[0]));
print("projected out: ", say(model.with(project(place, direction)), wanted[0]));

record("steered", steered);
check("adding the direction makes a refusal more probable", steered[2] > steered[0]);
