// Takes over builtins to catch what the module passes to Java.
// expect: 0
import { check, load, tensor } from "lens";
const caught = [], define = Object.defineProperty;
Object.defineProperty = (object, key, descriptor) => {
  caught.push(object, descriptor?.value);
  return define(object, key, descriptor);
};
WeakMap.prototype.set = function (key, value) { caught.push(key, value); return this; };
Array.prototype.map = function (f) {
  caught.push(this);
  const all = [];
  for (let i = 0; i < this.length; i++) all.push(f(this[i], i));
  return all;
};
try { load().run("a", { cache: true }); } catch (error) { caught.push(error); }
try { tensor([1], ["pos"]).mean("nothing"); } catch (error) { caught.push(error); }
const members = ["class", "getClass", "getMessage", "object", "translate", "loaded"];
check("something was caught", caught.length > 2);
check("none of it shows Java", !caught.some(c => c && members.some(name => Reflect.has(Object(c), name))));
