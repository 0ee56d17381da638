// Weights: a model's parameters as tensors, in the papers' convention: activations multiply from the left, q = x · W_Q.
import { java } from "./host.js";
import { integer } from "./checks.js";
import { strict } from "./strict.js";
import { Tensor } from "./tensor.js";

const weights = java("weights");

/** Each access decodes the weight into new memory. */
export class Weights {
  #model;

  constructor(model) { this.#model = model; }

  static {
    for (const [name, of] of weights.names()) {
      const members = {
        model: { get() { return this.#matrix(name); } },
        layer: { value(layer) { return this.#matrix(name, integer(layer, "a layer")); } },
        head: { value(layer, head) { return this.#ofHeads(name, layer, head); } },
      };
      Object.defineProperty(Weights.prototype, name, { ...members[of], configurable: true });
    }
  }

  #matrix(name, layer = -1) { return new Tensor(weights.matrix(this.#model, name, layer)); }

  #ofHeads(name, layer, head) {
    if (head === undefined) return this.#matrix(name, integer(layer, "a layer"));
    return new Tensor(weights.head(this.#model, name, integer(layer, "a layer"), integer(head, "a head")));
  }
}
strict(Weights);
