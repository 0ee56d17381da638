// Looks for methods of Java objects on everything that the module gives.
// expect: 0
import { check, head, load, metric, tensor } from "lens";
const model = load();
const things = [model, model.tokens("a"), model.run("a"), model.run("a").logits, tensor([1], ["pos"]), head("0.1"),
  metric.loss(), model.weights, model.config];
const members = ["class", "getClass", "wait", "notify", "hashCode", "toJavaString", "close", "invoke"];
check("there are none", things.every(thing => members.every(name => !Reflect.has(thing, name))));
