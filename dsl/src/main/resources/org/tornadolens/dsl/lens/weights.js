// A model's weights as tensors, in the papers' convention: activations multiply from the left, q = x · W_Q.
import { java } from "./host.js";
import { integer, strict } from "./strict.js";
import { Tensor } from "./tensor.js";

const weights = java("weights");

/** Every access decodes the weight anew, into memory of its own. */
export class Weights {
  #model;

  constructor(model) { this.#model = model; }

  get W_E() { return this.#matrix("W_E"); }
  get W_U() { return this.#matrix("W_U"); }
  get normFinal() { return this.#matrix("normFinal"); }

  W_Q(layer, head) { return this.#ofHeads("W_Q", layer, head); }
  W_K(layer, head) { return this.#ofHeads("W_K", layer, head); }
  W_V(layer, head) { return this.#ofHeads("W_V", layer, head); }
  W_O(layer, head) { return this.#ofHeads("W_O", layer, head); }

  W_gate(layer) { return this.#matrix("W_gate", integer(layer, "a layer")); }
  W_up(layer) { return this.#matrix("W_up", integer(layer, "a layer")); }
  W_down(layer) { return this.#matrix("W_down", integer(layer, "a layer")); }
  norm1(layer) { return this.#matrix("norm1", integer(layer, "a layer")); }
  norm2(layer) { return this.#matrix("norm2", integer(layer, "a layer")); }

  #matrix(name, layer = -1) { return new Tensor(weights.matrix(this.#model, name, layer)); }

  #ofHeads(name, layer, head) {
    if (head === undefined) return this.#matrix(name, integer(layer, "a layer"));
    return new Tensor(weights.head(this.#model, name, integer(layer, "a layer"), integer(head, "a head")));
  }
}
strict(Weights);
