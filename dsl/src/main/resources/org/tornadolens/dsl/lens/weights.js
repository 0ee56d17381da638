// A model's weights as tensors, in the papers' convention: activations multiply from the left, q = x · W_Q.
import { java } from "./host.js";
import { integer, strict } from "./strict.js";
import { Tensor } from "./tensor.js";

const weights = java("weights");

/** Every access decodes the weight anew, into memory of its own. */
export class Weights {
  #model;

  constructor(model) { this.#model = model; }

  static {
    for (const [name, of] of weights.names()) {
      const member = of === "model" ? { get() { return this.#matrix(name); } }
        : { value: of === "layer" ? function (layer) { return this.#matrix(name, integer(layer, "a layer")); } : function (layer, head) { return this.#ofHeads(name, layer, head); } };
      Object.defineProperty(Weights.prototype, name, { ...member, configurable: true });
    }
  }

  #matrix(name, layer = -1) { return new Tensor(weights.matrix(this.#model, name, layer)); }

  #ofHeads(name, layer, head) {
    if (head === undefined) return this.#matrix(name, integer(layer, "a layer"));
    return new Tensor(weights.head(this.#model, name, integer(layer, "a layer"), integer(head, "a head")));
  }
}
strict(Weights);
