/**
 * The module that experiment scripts import from. In the REPL every export is already in scope.
 * A name that does not exist (an option, a hook, an axis, a head) is an error that lists the nearest ones.
 */
declare module "lens" {

  // ---- models

  /** Opens the bundled model; `--model` on the command line wins. */
  export function load(options?: LoadOptions): Model;
  /** Opens a checkpoint: a folder (safetensors, .pth), .gguf or .bin; `--model` on the command line wins. */
  export function load(path: string, options?: LoadOptions): Model;

  interface LoadOptions {
    /** Element type the weights are converted to: "f32", "f16", "bf16" or "q8_0"; by default they stay as their file has them. */
    dtype?: string;
    /** "auto", "cpu" or "tornado"; `--device` on the command line wins. */
    device?: string;
  }

  interface SaveOptions {
    /** Element type that the matrices are saved as; by default they stay as they are, but that quantised ones become f32. */
    dtype?: "f32" | "f16" | "bf16";
  }

  interface Model {
    /** The model's shape. */
    readonly config: Configuration;
    /** The name of every value of a forward pass, in the order they are computed. */
    readonly hookNames: readonly string[];
    /** The weights as tensors. */
    readonly weights: Weights;
    /** Of a model that `train` made: the loss of every step of its training, [step]. */
    readonly losses: Tensor;
    /** What a head writes of what it reads: its OV circuit W_V W_O; formulas in docs/analysis.md. */
    ov(head: string | Head, options?: OvOptions): FactoredMatrix;
    /** Which destination attends to which source: a head's QK circuit W_Q R(offset) W_Kᵀ. */
    qk(head: string | Head, options?: QkOptions): FactoredMatrix;
    /** Tokens [batch, pos] of text (a BOS in front unless `bos` is false) or of ids (taken as they are); shorter rows are padded on the left. */
    tokens(input: Input, options?: TokensOptions): Tokens;
    /** Rows of random ordinary tokens, repeated. */
    random(options: RandomOptions): Tokens;
    /** The text of each row. */
    text(tokens: Tokens): string[];
    /** The text of one row of ids. */
    text(ids: number[]): string;
    /** The pieces of each row's tokens, without padding. */
    pieces(tokens: Tokens): string[][];
    /** The pieces of one row of ids. */
    pieces(ids: number[]): string[];
    /** Runs the model. */
    run(input: Input, options?: RunOptions): Run;
    /** The same model seen through interventions, applied after those it has; the original is untouched. */
    with(...interventions: (Intervention | Intervention[])[]): Model;
    /** The same model with changed weights; what the edits do not touch is shared. */
    edit(...edits: (WeightEdit | WeightEdit[])[]): Model;
    /** Saves config.json, model.safetensors and the tokenizer as a Hugging Face folder among the run's results; gives its path. */
    save(folder: string, options?: SaveOptions): string;
    /** The heads that a selector means in this model. */
    heads(selector: Heads): Head[];
    /** Continues a prompt. */
    generate(prompt: string | number[], options?: GenerateOptions): Generated<string>;
    /** Continues several prompts. */
    generate(prompts: Tokens | string[] | number[][], options?: GenerateOptions): Generated<string[]>;
    toString(): string;
  }

  /** Text, texts, one row of ids, rows of ids, or Tokens. */
  type Input = string | string[] | number[] | number[][] | Tokens;

  interface Configuration {
    /** Number of layers (blocks). */
    readonly nLayers: number;
    /** Number of query heads in a layer. */
    readonly nHeads: number;
    /** Number of key and value heads in a layer; query head h reads number h / (nHeads / nKvHeads). */
    readonly nKvHeads: number;
    /** Width of the residual stream. */
    readonly dModel: number;
    /** Width of a head. */
    readonly dHead: number;
    /** Neurons of an MLP. */
    readonly dMlp: number;
    /** Tokens in the vocabulary. */
    readonly dVocab: number;
    /** Longest sequence. */
    readonly nCtx: number;
    /** Base of the rotary frequencies. */
    readonly ropeTheta: number;
    /** Radians that a position turns each pair of coordinates i and i + dHead/2, scaling included. */
    readonly ropeFrequencies: readonly number[];
    /** Epsilon of RMSNorm. */
    readonly normEps: number;
    /** Whether the unembedding is the embedding. */
    readonly tied: boolean;
    /** The family of models, as Hugging Face names it: "llama", "mistral", "qwen2", "qwen3". */
    readonly family: string;
    /** Whether queries, keys and values have biases. */
    readonly qkvBias: boolean;
    /** Whether what attention writes has a bias. */
    readonly outputBias: boolean;
    /** Whether the linear layers of MLPs have biases. */
    readonly mlpBias: boolean;
    /** Whether each head's queries and keys go through an RMSNorm before they are rotated. */
    readonly qkNorm: boolean;
    /** How many of the latest keys a query sees, its own included; null where it sees all. */
    readonly slidingWindow: number | null;
  }

  /** Matrices multiply from the right: q = x · W_Q. Every access decodes the weight anew. */
  interface Weights {
    /** Embedding [dVocab, dModel]. */
    readonly W_E: Tensor;
    /** Unembedding [dModel, dVocab]. */
    readonly W_U: Tensor;
    /** Gain of the last norm [dModel]. */
    readonly normFinal: Tensor;
    /** Queries [head, dModel, dHead], or one head's [dModel, dHead]. */
    W_Q(layer: number, head?: number): Tensor;
    /** Bias of the queries [head, dHead], or one head's [dHead]. An error where the model has none, as with every bias. */
    b_Q(layer: number, head?: number): Tensor;
    /** Keys [kvHead, dModel, dHead], or those that one query head reads [dModel, dHead]. */
    W_K(layer: number, head?: number): Tensor;
    /** Bias of the keys [kvHead, dHead], or of those that one query head reads [dHead]. */
    b_K(layer: number, head?: number): Tensor;
    /** Values [kvHead, dModel, dHead], or those that one query head reads [dModel, dHead]. */
    W_V(layer: number, head?: number): Tensor;
    /** Bias of the values [kvHead, dHead], or of those that one query head reads [dHead]. */
    b_V(layer: number, head?: number): Tensor;
    /** Gain of the queries' norm, shared by heads [dHead]. An error where the model has none, as for the keys'. */
    normQ(layer: number): Tensor;
    /** Gain of the keys' norm [dHead]. */
    normK(layer: number): Tensor;
    /** Output [head, dHead, dModel], or one head's [dHead, dModel]. */
    W_O(layer: number, head?: number): Tensor;
    /** Bias of what attention writes [dModel]. */
    b_O(layer: number): Tensor;
    /** The MLP's gate [dModel, dMlp]. */
    W_gate(layer: number): Tensor;
    /** Bias of the MLP's gate [dMlp]. */
    b_gate(layer: number): Tensor;
    /** The MLP's up projection [dModel, dMlp]. */
    W_up(layer: number): Tensor;
    /** Bias of the MLP's up projection [dMlp]. */
    b_up(layer: number): Tensor;
    /** The MLP's down projection [dMlp, dModel]. */
    W_down(layer: number): Tensor;
    /** Bias of the MLP's down projection [dModel]. */
    b_down(layer: number): Tensor;
    /** Gain of the norm before attention [dModel]. */
    norm1(layer: number): Tensor;
    /** Gain of the norm before the MLP [dModel]. */
    norm2(layer: number): Tensor;
  }

  interface TokensOptions {
    /** Whether text gets a BOS in front; true by default. */
    bos?: boolean;
  }

  interface RandomOptions {
    /** Rows; 1 by default. */
    batch?: number;
    /** Random tokens in a row before they repeat. */
    length: number;
    /** How often they occur; 1 by default. */
    repeat?: number;
    /** The run's seed by default. */
    seed?: number;
    /** Whether a BOS comes first; true by default. */
    bos?: boolean;
  }

  /** Token ids [batch, pos]; positions count from a row's first real token. */
  interface Tokens {
    /** Number of rows. */
    readonly batch: number;
    /** Length of the rows, padding included. */
    readonly length: number;
    /** [batch, length] */
    readonly shape: number[];
    /** ["batch", "pos"] */
    readonly axes: string[];
    /** The ids of a row, without padding; negative counts from the last row. */
    row(index: number): number[];
    /** The ids of every row, without padding. */
    toArray(): number[][];
    toString(): string;
  }

  interface RunOptions {
    /** What to keep: hook names (with wildcards), sites, heads, a predicate over hook names, or true for every value. */
    cache?: Target | ((hookName: string) => boolean) | boolean;
    /** Interventions of this run alone, applied in this order after the model's own. */
    hooks?: (Intervention | Intervention[])[];
    /** Positions of logits, loss and cache; all by default. */
    at?: number | number[];
    /** Values given instead of computed, by hook name; what only led up to them is not run. */
    from?: { [hookName: string]: Tensor };
    /** Stops before this layer: its hook_resid_pre is kept and there are no logits. */
    stopAt?: number;
    /** Whether to compute the loss of the next token. */
    loss?: boolean;
    /** Whether to compute logits; true by default. */
    logits?: boolean;
  }

  interface Run {
    /** [batch, pos, dVocab], at the positions asked for. */
    readonly logits: Tensor;
    /** -log p of the next token, in nats [batch, pos]; NaN at padding. The last position has none. */
    readonly loss: Tensor;
    /** What was run. */
    readonly tokens: Tokens;
    /** The values kept. */
    readonly cache: Cache;
    /** The gradient of a metric with respect to a value of this run, or to one head's part of it; each row's of its own metric. */
    grad(site: Target, metric: Metric): Tensor;
    toString(): string;
  }

  interface Cache {
    /** The hook names kept, in the order they are computed. */
    readonly names: readonly string[];
    /** One value: get("blocks.3.attn.hook_z") or get(head("3.1").z), which has no head axis. */
    get(site: Target): Tensor;
    toString(): string;
  }

  interface GenerateOptions {
    /** Tokens to generate at most; 100 by default. */
    max?: number;
    /** 0, the default, always takes the most probable token. */
    temperature?: number;
    /** Draw only from the most probable tokens that together have this probability. */
    topP?: number;
    /** Draw only from this many most probable tokens; 0 means all. */
    topK?: number;
    /** The run's seed by default. */
    seed?: number;
    /** Token ids or strings that end a row, besides the model's end of sequence. */
    stop?: number | string | (number | string)[];
    /** What to keep of a run over the prompt and what follows it. */
    cache?: RunOptions["cache"];
  }

  interface Generated<Text> {
    /** The prompt and what follows it. */
    readonly text: Text;
    /** The same as tokens. */
    readonly tokens: Tokens;
    /** What was to be kept; only there when it was asked for. */
    readonly cache: Cache;
  }

  // ---- naming components

  /** One head: head("10.29") or head(10, 29) is layer 10, head 29. */
  export function head(name: string): Head;
  /** One head: layer and number. */
  export function head(layer: number, head: number): Head;

  /** Several heads: "1.*, 5.15, 8-11.0"; all without a name. */
  export function heads(selector?: string | Head[]): Heads;

  /** One layer. As a target it is what its attention and its MLP write. */
  export function layer(layer: number): Layer;

  /** Several layers: "0-5"; all without a name. */
  export function layers(selector?: string): Layer;

  /** The MLP of a layer. As a target it is its output. */
  export function mlp(layer: number): Mlp;

  /** The MLPs of several layers: "0-5", "*". */
  export function mlps(selector?: string): Mlp;

  /** The residual stream at a layer, or at several: "0-5". */
  export function resid(layer: number | string): Residual;

  /** A value by its hook name; `*` stands for any characters. */
  export function site(hookName: string): Site;

  /** One value of a model, or that of several heads or layers. */
  interface Site {
    /** Only these positions, from a row's first real token, or from the end when negative; of a pattern, destinations. */
    at(...positions: (number | number[])[]): Site;
    /** Only these sources of a pattern or its scores, counted like positions. */
    from(...sources: (number | number[])[]): Site;
    /** Only these neurons of an MLP; of other values, coordinates. */
    neurons(...neurons: (number | number[])[]): Site;
    /** Only these rows of the batch. */
    rows(...rows: (number | number[])[]): Site;
    toString(): string;
  }

  /** Weights of heads' circuits or of neurons, for edit.scale and edit.zero. */
  interface WeightPart {
    toString(): string;
  }

  /** One or several heads. As a target they are their z. Keys and values belong to a group of heads where nKvHeads < nHeads. */
  interface Heads {
    /** Pattern-weighted values [batch, pos, dHead]. */
    readonly z: Site;
    /** Queries before rotation [batch, pos, dHead]. */
    readonly q: Site;
    /** Keys before rotation [batch, pos, dHead]. */
    readonly k: Site;
    /** Values [batch, pos, dHead]. */
    readonly v: Site;
    /** Queries after rotation [batch, pos, dHead]. */
    readonly rotQ: Site;
    /** Keys after rotation [batch, pos, dHead]. */
    readonly rotK: Site;
    /** Attention scores before softmax [batch, dest, src]. */
    readonly scores: Site;
    /** Attention pattern [batch, dest, src]. */
    readonly pattern: Site;
    /** What the head writes to the residual stream [batch, pos, dModel]. */
    readonly result: Site;
    /** Their OV circuits' weights. */
    readonly OV: WeightPart;
    /** Their QK circuits' weights. */
    readonly QK: WeightPart;
    /** The residual stream as the head's queries read it, before the norm [batch, pos, dModel]. */
    readonly qInput: Site;
    /** The residual stream as its keys read it. */
    readonly kInput: Site;
    /** The residual stream as its values read it. */
    readonly vInput: Site;
    toString(): string;
  }

  interface Head extends Heads {
    /** The number of its layer. */
    readonly layer: number;
    /** Its number within the layer. */
    readonly head: number;
  }

  interface Layer {
    /** What attention writes to the residual stream. */
    readonly attnOut: Site;
    /** What the MLP writes to the residual stream. */
    readonly mlpOut: Site;
    toString(): string;
  }

  interface Mlp {
    /** The weights by which neurons write to the residual stream. */
    neurons(...neurons: (number | number[])[]): WeightPart;
    /** The residual stream as it reads it, before the norm [batch, pos, dModel]. */
    readonly in: Site;
    /** What it writes to the residual stream [batch, pos, dModel]. */
    readonly out: Site;
    /** The gate before SiLU [batch, pos, dMlp]. */
    readonly pre: Site;
    /** The up projection, which the gate multiplies [batch, pos, dMlp]. */
    readonly up: Site;
    /** Neurons: SiLU(gate) · up [batch, pos, dMlp]. */
    readonly post: Site;
    toString(): string;
  }

  interface Residual {
    /** Entering the layer [batch, pos, dModel]. */
    readonly pre: Site;
    /** Between attention and MLP. */
    readonly mid: Site;
    /** Leaving the layer. */
    readonly post: Site;
    toString(): string;
  }

  /** The place of an intervention, or a value to keep: a site, heads, a layer, an MLP, a hook name, "10.29", or several of these. */
  type Target = Site | Heads | Layer | Mlp | string | Target[];

  // ---- interventions

  /** A declared change of a model's values, for run's hooks and model.with. */
  interface Intervention {
    toString(): string;
  }

  /** Puts something else in a value's place. */
  export function ablate(target: Target, options: AblateOptions): Intervention;

  interface AblateOptions {
    /** What takes the value's place: zero, its mean over reference inputs, or its value on one of them drawn at random. */
    with: "zero" | "mean" | "resample";
    /** The reference inputs of mean and resample, or a run that kept the value on them. */
    over?: Tokens | Run;
    /** The mean over all positions ("all", the default), or for each position over the rows ("position"). */
    by?: "all" | "position";
    /** Draws the samples; the run's seed where it is left out. */
    seed?: number;
  }

  /** Puts what another run had, or a tensor, in a value's place. Positions are lined up by each row's first real token. */
  export function patch(target: Target, options: PatchOptions): Intervention;

  interface PatchOptions {
    /** A run that kept the value, or a tensor; axes it lacks are repeated. */
    from: Run | Tensor;
  }

  /** Holds a value at what another run had, whatever comes before it. */
  export function freeze(target: Target, options: FreezeOptions): Intervention;

  interface FreezeOptions {
    /** A run that kept the value, or a tensor. */
    from: Run | Tensor;
  }

  /** Multiplies a value. */
  export function scale(target: Target, factor: number): Intervention;

  /** Limits every number of a value to a range: at least one of min and max is given. */
  export function clamp(target: Target, options: ClampOptions): Intervention;

  interface ClampOptions {
    /** Smaller numbers become this one; no lower limit where it is left out. */
    min?: number;
    /** Greater numbers become this one; no upper limit where it is left out. */
    max?: number;
  }

  /** Adds a vector to a value: steering. */
  export function add(target: Target, vector: Tensor, options?: AddOptions): Intervention;

  interface AddOptions {
    /** How many times the vector; 1 where it is left out. */
    times?: number;
  }

  /** Takes a direction, or the subspace of several [k, size], out of a value. */
  export function project(target: Target, directions: Tensor, options?: ProjectOptions): Intervention;

  interface ProjectOptions {
    /** True keeps only the part along the directions. */
    keep?: boolean;
  }

  // ---- metrics

  /** A token as text or id. */
  type Token = string | number;

  /** What a run is measured by: one number for each row of the batch. */
  interface Metric {
    /** Measures a run that has been, [batch]. */
    of(run: Run): Tensor;
    toString(): string;
  }

  /** Metrics. Positions are counted from a row's first real token, or from the end when negative; the last where none is named. */
  interface Metrics {
    /** logit[correct] - logit[wrong]. */
    logitDiff(options: LogitDiffOptions): Metric;
    /** Logit of a token; of an array, one for each row. In a sweep it costs an inner product, not an unembedding. */
    logit(token: Token | Token[], options?: LogitOptions): Metric;
    /** Mean loss of the next token in nats. */
    loss(options?: LossOptions): Metric;
    /** log p of a token in nats; of an array, one for each row. */
    logProb(token: Token | Token[], options?: LogProbOptions): Metric;
    /** Probability of a token or of any of a set; of an array of sets, one for each row. */
    prob(tokens: Token | Token[] | Token[][], options?: ProbOptions): Metric;
    /** How many tokens are likelier than this one, 0 for the most likely; of an array, one for each row. */
    rank(token: Token | Token[], options?: RankOptions): Metric;
    /** Kullback-Leibler divergence of the next token's distribution in a run from the measured one, KL(run ‖ measured), in nats. */
    kl(run: Run, options?: KlOptions): Metric;
  }

  interface LogitDiffOptions {
    /** A token, or one for each row. */
    correct: Token | Token[];
    /** A token, or one for each row. */
    wrong: Token | Token[];
    /** The position whose logits count; the last where it is left out. */
    pos?: number;
  }

  interface LogitOptions {
    /** The position whose logits count; the last where it is left out. */
    pos?: number;
  }

  interface LossOptions {
    /** The first position whose next token counts. */
    from?: number;
  }

  interface LogProbOptions {
    /** The position whose logits count; the last where it is left out. */
    pos?: number;
  }

  interface ProbOptions {
    /** The position whose logits count; the last where it is left out. */
    pos?: number;
  }

  interface RankOptions {
    /** The position whose logits count; the last where it is left out. */
    pos?: number;
  }

  interface KlOptions {
    /** The position whose logits count; the last where it is left out. */
    pos?: number;
  }

  /** What a run is measured by. */
  export const metric: Metrics;

  /** A change of a model's weights, for model.edit. */
  interface WeightEdit {
    toString(): string;
  }

  interface Edit {
    /** Multiplies the weights of heads' circuits, of an MLP or of neurons. */
    scale(target: WeightPart | Mlp, factor: number): WeightEdit;
    /** Sets them to zero. */
    zero(target: WeightPart | Mlp): WeightEdit;
    /** Replaces a matrix of model.weights, or one head's, shaped as it is there. */
    set(matrix: "W_E" | "W_U" | "normFinal", tensor: Tensor): WeightEdit;
    set(matrix: "W_Q" | "W_K" | "W_V" | "W_O" | "W_gate" | "W_up" | "W_down" | "norm1" | "norm2", layer: number, tensor: Tensor): WeightEdit;
    set(matrix: "W_Q" | "W_K" | "W_V" | "W_O", layer: number, head: number, tensor: Tensor): WeightEdit;
  }

  /** Edits of weights. */
  export const edit: Edit;

  /** Passes a value through JavaScript: change it in place, or return another of the same shape. The slow path. */
  export function hook(target: Target, change: (value: Tensor, context: HookContext) => Tensor | void): Intervention;

  interface HookContext {
    /** The hook name of the value. */
    readonly name: string;
    /** Its layer; undefined where it belongs to none. */
    readonly layer: number;
    /** The head, of keys and values the group; undefined unless heads are named. */
    readonly head: number;
  }

  // ---- tensors

  /** A tensor of nested arrays, one axis name a level: tensor([[1, 2], [3, 4]], ["layer", "head"]). */
  export function tensor(values: any[] | Float32Array, axes: string | string[]): Tensor;
  /** A tensor of numbers in row-major order, or of one number everywhere: tensor(0, { layer: 4, head: 8 }). */
  export function tensor(values: any[] | Float32Array | number, sizes: { [axis: string]: number }): Tensor;

  /** A tensor from an .npy file (axes axis0, axis1, …) or a .safetensors file, by name where that holds several. */
  export function loadTensor(file: string, name?: string): Tensor;

  /** Numbers (f32) with named axes. A tensor of one number without axes can be used as that number. */
  interface Tensor {
    /** The names of the axes, outermost first. */
    readonly axes: readonly string[];
    /** The sizes of the axes. */
    readonly shape: readonly number[];
    /** The tensor's own memory in row-major order: writing it changes the tensor. A view that is not contiguous has none; copy() it. */
    readonly data: Float32Array;

    /** One element: get(3, 1) or get({ layer: 3, head: -1 }). */
    get(...index: number[]): number;
    get(index: { [axis: string]: number }): number;
    /** Sets one element, set(3, 1, value), or all at an index of some axes, set({ layer: 3 }, value); a Tensor is repeated along axes it lacks. */
    set(...indexAndValue: number[]): this;
    set(index: { [axis: string]: number }, value: number | Tensor): this;
    /** Sets every element, in place. */
    fill(value: number | Tensor): this;
    /** The one element of a tensor that has one. */
    item(): number;
    /** The same numbers in memory of their own. */
    copy(): Tensor;
    /** Nested arrays. */
    toArray(): any;

    /** A view at one index of some axes, which go; negative counts from the end. */
    at(indices: { [axis: string]: number }): Tensor;
    /** A view of ranges: { pos: [5, 10] } without the end, { pos: [-3] } to the end. */
    slice(ranges: { [axis: string]: number[] }): Tensor;
    /** The axes in this order; without names the last two swapped. A view. */
    transpose(...axes: (string | string[])[]): Tensor;
    /** Other axes over the same numbers in row-major order. */
    reshape(sizes: { [axis: string]: number }): Tensor;
    /** Other names for axes: { src: "pos" }. A view. */
    rename(names: { [axis: string]: string }): Tensor;
    /** The elements [i, i + offset] of the last two axes; of a pattern, -1 is the attention to the position before. A view. */
    diagonal(offset?: number): Tensor;

    /** Sum, with axes matched by name and missing ones repeated. */
    add(other: Tensor | number): Tensor;
    /** Difference, with axes matched by name. */
    sub(other: Tensor | number): Tensor;
    /** Product of elements, with axes matched by name. */
    mul(other: Tensor | number): Tensor;
    /** Quotient, with axes matched by name. */
    div(other: Tensor | number): Tensor;
    /** Products summed over every axis that both have. */
    dot(other: Tensor): Tensor & number;
    /** The matrix product, by position: this tensor's last axis with the other's second to last; the other's leading axes are matched by name. */
    matmul(other: Tensor): Tensor & number;
    /** Absolute values. */
    abs(): Tensor;
    /** Exponentials. */
    exp(): Tensor;
    /** Natural logarithms. */
    log(): Tensor;
    /** Probabilities along an axis. */
    softmax(axis: string): Tensor;

    /** The sum: a number, or a Tensor where axes are named. */
    sum(): number;
    sum(...axes: [string | string[], ...string[]]): Tensor;
    /** The mean. */
    mean(): number;
    mean(...axes: [string | string[], ...string[]]): Tensor;
    /** The standard deviation of a sample (squares divided by n - 1). */
    std(): number;
    std(...axes: [string | string[], ...string[]]): Tensor;
    /** The largest element; NaN where there is one. */
    max(): number;
    max(...axes: [string | string[], ...string[]]): Tensor;
    /** The smallest element; NaN where there is one. */
    min(): number;
    min(...axes: [string | string[], ...string[]]): Tensor;
    /** Where the first largest element is. */
    argmax(): number;
    argmax(...axes: [string | string[], ...string[]]): Tensor;
    /** The square root of the sum of squares. */
    norm(): number;
    norm(...axes: [string | string[], ...string[]]): Tensor;
    /** The k largest elements, largest first, each as { layer: 5, head: 1, value: 0.9 }; NaN is passed over. */
    top(k: number): Top[];
    /** Writes it into the run's folder as .npy, or as .safetensors, which keeps the names of the axes. */
    save(file: string): this;

    toString(): string;
  }

  /** An element and where it is: its index by axis, also together as `index`. */
  interface Top {
    readonly value: number;
    readonly index: { readonly [axis: string]: number };
    readonly [axis: string]: any;
  }

  // ---- analysis

  /** What every head does, as Tensors [layer, head]. */
  export const scores: Scores;

  /** Measured on random tokens that repeat; formulas in docs/scores.md. */
  interface Scores {
    /** Attention to the token after the last occurrence of this one (Olsson et al. 2022). */
    induction(model: Model, options?: ScoreOptions): Tensor;
    /** Attention to the token before. */
    previousToken(model: Model, options?: ScoreOptions): Tensor;
    /** Attention to the token itself. */
    currentToken(model: Model, options?: ScoreOptions): Tensor;
    /** Attention to the first token. */
    firstToken(model: Model, options?: ScoreOptions): Tensor;
    /** Attention to the last occurrence of this token. */
    duplicateToken(model: Model, options?: ScoreOptions): Tensor;
    /** Attention to all tokens after earlier occurrences of this one, tokens repeated four times (Olsson et al. 2022). */
    prefixMatching(model: Model, options?: ScoreOptions): Tensor;
    /** Whether the head writes what it reads: Σ Re λ / Σ |λ| of its full OV circuit (Elhage et al. 2021), between -1 and 1. */
    copying(model: Model): Tensor;
  }

  interface ScoreOptions {
    /** Random tokens before they repeat; 50 by default, 25 for prefixMatching. */
    length?: number;
    /** Rows; 4 by default. */
    batch?: number;
    /** The run's seed by default. */
    seed?: number;
  }

  // ---- circuits, from weights alone

  interface OvOptions {
    /** Whether the gains of RMSNorm are part of it: of the norm before attention, and in full() of the last norm; false by default. */
    fold?: boolean;
  }

  interface QkOptions extends OvOptions {
    /** Destination minus source, whose rotary turn lies between query and key; 0 by default. */
    offset?: number;
  }

  /**
   * A map of the residual stream [dModel, dModel] as the product of two thin matrices, never multiplied out.
   * dense, diagonal, top and copyingScore are of the same map over the vocabulary, W_E · this · W_U (of a QK circuit W_E · this · W_Eᵀ).
   */
  interface FactoredMatrix {
    /** [rows, columns] */
    readonly shape: readonly number[];
    /** Of the factors: a head's dHead. */
    readonly rank: number;
    /** [row, rank]; left.matmul(right) is the matrix. */
    readonly left: Tensor;
    /** [rank, column] */
    readonly right: Tensor;
    /** The product: this first, then the other. */
    times(other: FactoredMatrix): FactoredMatrix;
    /** The sum: several heads as one. */
    add(other: FactoredMatrix): FactoredMatrix;
    /** Every element times a number. */
    scale(factor: number): FactoredMatrix;
    /** Rows and columns exchanged. */
    transpose(): FactoredMatrix;
    /** The same over the vocabulary, [dVocab, dVocab], still in factors. */
    full(): FactoredMatrix;
    /** Square root of the sum of squares. */
    norm(): number;
    /** Sum of the diagonal. */
    trace(): number;
    /** Σ Re λ / Σ |λ| over the vocabulary: 1 where all that is read raises its own token. */
    copyingScore(): number;
    /** Singular vectors and values: U · diag(S) · Vᵀ. */
    svd(): Svd;
    /** The eigenvalues that need not be zero, largest magnitude first. */
    eigenvalues(): Eigenvalues;
    /** Elements between these tokens (texts or ids; all by default), [row, column]; columns as rows by default. */
    dense(rows?: (string | number)[], columns?: (string | number)[]): Tensor;
    /** Elements of each token with itself [dVocab]. */
    diagonal(): Tensor;
    /** The k largest elements between any two tokens. */
    top(k: number): Entry[];
    toString(): string;
  }

  interface Svd {
    /** [row, component] */
    readonly U: Tensor;
    /** Largest first [component]. */
    readonly S: Tensor;
    /** [column, component] */
    readonly V: Tensor;
  }

  interface Eigenvalues {
    /** Real parts [component]. */
    readonly re: Tensor;
    /** Imaginary parts [component]. */
    readonly im: Tensor;
  }

  /** An element between two tokens. */
  interface Entry {
    /** The id of the row's token: what is read, or the destination. */
    row: number;
    /** The id of the column's token: what is written, or the source. */
    column: number;
    /** The row's token as a piece. */
    from: string;
    /** The column's token as a piece. */
    to: string;
    /** The element. */
    value: number;
  }

  /**
   * How much of what one head writes a later one reads (Elhage et al. 2021): ‖OV · M‖ / (‖OV‖ ‖M‖), M being QK for queries, QKᵀ
   * for keys, OV for values. [fromLayer, fromHead, toLayer, toHead], NaN for other heads and where `to` is not in a later layer.
   */
  export function composition(model: Model, options: CompositionOptions): Tensor;

  interface CompositionOptions {
    /** What the later head reads it as. */
    kind: "Q" | "K" | "V";
    /** Heads that write; all by default. */
    from?: Heads | string | Head[];
    /** Heads that read; all by default. */
    to?: Heads | string | Head[];
    /** Destination minus source, for Q and K: the rotary turn between query and key; 0 by default. */
    offset?: number;
    /** Whether 1/√dModel is subtracted, what random subspaces score; false by default. */
    baseline?: boolean;
    /** Whether the gain of the later head's norm is part of it; false by default. */
    fold?: boolean;
  }

  // ---- sweeps and patching

  /**
   * One number for each of many changes of a model: the metric's mean over the prompts, the same as of a run of that change alone.
   * Shaped as `over`: [layer, head] for heads (NaN where not named), [layer] for layers and MLPs, [cell] for an array, the named axes for an object.
   */
  export function sweep(model: Model, input: Input, options: SweepOptions<Heads, Head>): Tensor;
  export function sweep(model: Model, input: Input, options: SweepOptions<Layer, Layer>): Tensor;
  export function sweep(model: Model, input: Input, options: SweepOptions<Mlp, Mlp>): Tensor;
  export function sweep<T>(model: Model, input: Input, options: SweepOptions<T[], T>): Tensor;
  export function sweep<Axes extends { [axis: string]: number | readonly unknown[] }>(model: Model, input: Input,
    options: SweepOptions<Axes, { [A in keyof Axes]: Axes[A] extends readonly (infer V)[] ? V : number }>): Tensor;

  interface SweepOptions<Over, Cell> {
    /** What is swept over: heads, layers, MLPs, an array of anything, or axes by name, each with its values or how many there are. */
    over: Over;
    /** The interventions of a cell; an array of interventions needs none. */
    apply?: (cell: Cell) => Intervention | Intervention[];
    /** What is measured of each cell. */
    metric: MetricLike;
  }

  /** A declared metric, or a function of each cell's whole run: the slow path. */
  type MetricLike = Metric | ((run: Run) => number | Tensor);

  interface Patching {
    /** Activation patching: one run with a part of it taken from the other, for every part along the axes `by`, in that order. */
    activation(model: Model, options: ActivationOptions): Tensor;
    /**
     * Path patching (Wang et al. 2022), exact: the metric of the clean run when a sender's output reaches the receivers, through MLPs but
     * no other head, as in the corrupted run. [layer, head] for heads, [layer] for MLPs, [sender] for an array; NaN where a sender comes before no receiver.
     */
    path(model: Model, options: PathOptions & { linear: true }): PathComparison;
    path(model: Model, options: PathOptions): Tensor;
    /**
     * Attribution patching (Nanda 2023; Syed et al. 2023): (corrupted - clean) · ∂metric/∂value, about how much the clean run's metric
     * would change if a part took its corrupted value. By head [layer, head], position [layer, pos] of the residual stream entering a
     * layer, neuron [layer, neuron], node, or edge.
     */
    attribution(model: Model, options: AttributionOptions & { by: "node" }): AttributedNodes;
    attribution(model: Model, options: AttributionOptions & { by: "edge" }): AttributedEdges;
    attribution(model: Model, options: AttributionOptions): Tensor;
    /** Path patching backwards from the receivers: the strongest senders to each, then to their q, k and v, and so on. */
    iterate(model: Model, options: IterateOptions): PathGraph;
  }

  /** Activation patching and path patching. */
  export const patching: Patching;

  interface AttributionOptions {
    /** Prompts whose answer is right. */
    clean: Input;
    /** The same prompts with what matters changed, row by row as long. */
    corrupted: Input;
    /** What is measured: a declared metric. */
    metric: Metric;
    /** What is scored ("head"). */
    by?: "head" | "position" | "neuron" | "node" | "edge";
    /** Runs along the way from clean to corrupted embeddings over which the gradient is averaged (1: the clean run's gradient). */
    steps?: number;
  }

  interface AttributedNodes {
    /** "embed", heads as "3.1", MLPs as "mlp 3", in the order they are computed. */
    readonly nodes: readonly string[];
    /** [node] */
    readonly scores: Tensor;
    /** The nodes of the largest scores, whatever their sign. */
    top(count: number): { node: string; score: number }[];
  }

  interface AttributedEdges {
    /** "embed", heads as "3.1", MLPs as "mlp 3". */
    readonly senders: readonly string[];
    /** Heads' inputs as "3.1.q", MLPs as "mlp 3", "logits". Heads that share keys and values are one receiver, named by the first of them. */
    readonly receivers: readonly string[];
    /** [sender, receiver]; NaN where the sender does not come before the receiver. */
    readonly scores: Tensor;
    /** The edges of the largest scores, whatever their sign. */
    top(count: number): { from: string; to: string; score: number }[];
  }

  interface ActivationOptions {
    /** Prompts whose answer is right. */
    clean: Input;
    /** The same prompts with what matters changed, row by row as long. */
    corrupted: Input;
    /** What is measured of each cell. */
    metric: MetricLike;
    /** What is patched. */
    site: "resid_pre" | "resid_mid" | "resid_post" | "attn_out" | "mlp_out" | "mlp_in" | "mlp_pre" | "mlp_post" | "z" | "q" | "k" | "v" | "rot_q" | "rot_k" | "result" | "scores" | "pattern";
    /** Axes of the result; one that is left out is patched as a whole. Where heads share keys and values, "head" is [kvHead] for those. */
    by: ("layer" | "head" | "pos" | "dest" | "src")[];
    /** "denoise" (the default) puts clean values into the corrupted run, "noise" corrupted ones into the clean run. */
    direction?: "denoise" | "noise";
    /** What pos or dest goes over: for each place one position, or one for each prompt. Otherwise all, from the end where prompts differ in length. */
    positions?: (number | number[])[];
    /** (cell - corrupted) / (clean - corrupted) instead of the metric's plain value. */
    normalize?: boolean;
  }

  interface PathOptions {
    /** Prompts whose answer is right. */
    clean: Input;
    /** The same prompts with what matters changed, row by row as long. */
    corrupted: Input;
    /** What is measured of each cell. */
    metric: MetricLike;
    /** All heads where none are named. */
    senders?: Sender | Sender[];
    /** What the paths lead to; several are patched together. */
    receivers: Receiver | Receiver[];
    /** Also with the norms' scales held as in the clean run. */
    linear?: boolean;
  }

  /** What writes to the residual stream: heads, MLPs, "embed". */
  type Sender = Heads | Mlp | string;

  /** What reads it: head("8.6").q, .k or .v, mlp(7), "logits". */
  type Receiver = Site | Mlp | "logits";

  interface PathComparison {
    /** Everything on the path recomputed. */
    readonly exact: Tensor;
    /** With the norms' scales held. */
    readonly linear: Tensor;
    /** exact - linear. */
    readonly difference: Tensor;
  }

  interface IterateOptions {
    /** Prompts whose answer is right. */
    clean: Input;
    /** The same prompts with what matters changed, row by row as long. */
    corrupted: Input;
    /** What is measured of each cell. */
    metric: MetricLike;
    /** Where it begins: "logits" where none are named. */
    receivers?: Receiver | Receiver[];
    /** Senders followed from each receiver; 3 by default. */
    top?: number;
    /** How many times; 3 by default. */
    depth?: number;
    /** The least effect followed, as a share of the metric's difference between clean and corrupted; 0.02 by default. */
    threshold?: number;
  }

  interface PathGraph {
    /** Heads, "layer.head". */
    readonly nodes: readonly string[];
    /** Paths, in the order they were found. */
    readonly edges: readonly PathEdge[];
  }

  interface PathEdge {
    /** A head, "5.1". */
    readonly from: string;
    /** What it reaches: "7.2.k", "logits". */
    readonly to: string;
    /** What patching it does to the metric. */
    readonly effect: number;
  }

  // ---- circuits

  /** A circuit: heads and MLPs under names, and edges between them; "embed" and "logits" are nodes of every circuit. Edges must lead to later layers. */
  export function circuit(name: string, options: CircuitOptions): Circuit;
  export namespace circuit {
    /** A circuit that was saved. */
    function load(file: string): Circuit;
    /**
     * Finds a circuit by pruning (Conmy et al. 2023). By node: from the last layer to the first, heads are knocked out as long as each moves the
     * metric by less than the threshold, and edges are the paths between what remains that reach it. By edge: from the logits back, an edge is cut
     * unless that takes the metric further from the model's by the threshold.
     */
    function discover(model: Model, options: DiscoverOptions): Circuit;
  }

  interface CircuitOptions {
    /** Heads and MLPs by name: "1.22", ["6.9", "7.4"], mlp(3). */
    nodes: Record<string, string | Head | Mlp | (string | Head | Mlp)[]>;
    /** Pairs of nodes, as in ["previous", "induction.k"]: what heads read as q, k or v, or anything. An effect gives an edge its width. */
    edges?: ([from: string, to: string] | { from: string; to: string; effect?: number })[];
  }

  interface DiscoverOptions {
    /** Prompts whose answer is right. */
    clean: Input;
    /** The same prompts with what matters changed, row by row as long. */
    corrupted: Input;
    /** What is measured of each cell. */
    metric: MetricLike;
    /** As a share of the metric's difference between clean and corrupted; 0.05 by default, by edge 0.005. */
    threshold?: number;
    /** What takes the place of what is knocked out: the mean over the corrupted prompts, or what each prompt's own has (the default). */
    ablate?: "mean" | "resample";
    /**
     * What is pruned: whole heads and MLPs (the default), edges being the paths between those that remain; or every edge by itself, as in
     * ACDC (Conmy et al. 2023), for which the metric is a declared one.
     */
    by?: "node" | "edge";
    /** Whether MLPs are pruned too, by node; otherwise they are taken for granted. */
    mlps?: boolean;
    /** What the circuit is called. */
    name?: string;
  }

  interface Circuit {
    /** What it is called. */
    readonly name: string;
    /** The members of each node, "1.22" or "mlp 3". */
    readonly nodes: Readonly<Record<string, readonly string[]>>;
    /** Its edges; `to` ends in .q, .k or .v where that is known. */
    readonly edges: readonly { readonly from: string; readonly to: string; readonly effect?: number }[];
    /**
     * How much of the model's behaviour it explains (Wang et al. 2022). What is outside is knocked out: all other heads, and all other MLPs
     * where the circuit names any; or all other edges.
     */
    evaluate(model: Model, options: EvaluateOptions): CircuitEvaluation;
    /** A picture: the earliest layer below, edges as wide as their effect, blue where patching lowers the metric. */
    draw(options?: DrawOptions): Chart;
    /** Saves it as JSON among the run's results; circuit.load opens it again. */
    save(file: string): Circuit;
    toString(): string;
  }

  interface EvaluateOptions {
    /** Prompts whose answer is right. */
    clean: Input;
    /** The same prompts with what matters changed, row by row as long. */
    corrupted: Input;
    /** What is measured of each cell. */
    metric: MetricLike;
    /** What takes the place of what is knocked out: the mean over the corrupted prompts, position by position (the default), or what each prompt's own has. */
    ablate?: "mean" | "resample";
    /** What is knocked out: nodes (the default), or every edge that is not the circuit's, for which the metric is a declared one. */
    by?: "node" | "edge";
  }

  interface DrawOptions {
    /** The circuit's name where it is left out. */
    title?: string;
  }

  /** F(X) is the metric with everything outside X knocked out, M the whole model, C the circuit. */
  interface CircuitEvaluation {
    /** F(M). */
    readonly model: number;
    /** F(C). */
    readonly circuit: number;
    /** F(C) / F(M). */
    readonly faithfulness: number;
    /** 1 - max over K of |F(C∖K) - F(M∖K)| / |F(M)|, K being nothing, each node, all of C. */
    readonly completeness: number;
    /** Of each node v, max over K of |F(C∖K∖v) - F(C∖K)| / |F(M)|, K being nothing or another node: 0 for one that is not needed. */
    readonly minimality: Readonly<Record<string, number>>;
    /** Of each node v, F(C∖v) and F(M∖v). */
    readonly without: Readonly<Record<string, { readonly circuit: number; readonly model: number }>>;
  }

  // ---- read off a run; what the run did not keep is taken from the same run made once more

  /** What every part of the model adds directly to a logit. */
  export const attribution: Attribution;

  interface Attribution {
    /**
     * What every part adds to a logit, or to the difference of two: [batch, component] (embed, attn 0, mlp 0, …), which sums to it exactly;
     * [batch, component] by layer; [batch, layer, head]; [batch, layer, dMlp].
     */
    direct(run: Run, options: DirectOptions): Tensor;
    /** The names of the components: "embed", "attn 0", "mlp 0", … or "embed", "layer 0", …; "interventions" where some write to the residual stream. */
    labels(run: Run, by?: "component" | "layer"): string[];
  }

  interface DirectOptions {
    /** The logit's token, as text (" Mary") or as id; one for all rows or one for each. */
    token?: OneToken;
    /** The same; with `wrong`, the logit difference correct - wrong. */
    correct?: OneToken;
    /** The token whose logit is subtracted. */
    wrong?: OneToken;
    /** From a row's first real token, or from the end when negative; -1 by default. */
    pos?: number;
    /** The parts; "component" by default. */
    by?: "component" | "layer" | "head" | "neuron";
    /** Whether components are summed up from the first on; false by default. */
    cumulative?: boolean;
  }

  type OneToken = string | number | (string | number)[];

  /** What the model would say if it ended at each layer: values through the last norm, computed anew, and the unembedding. */
  export function logitLens(run: Run, options?: LogitLensOptions): LogitLens;

  interface LogitLensOptions {
    /** The residual stream (the default), or what each layer's attention or MLP writes. */
    of?: "residual" | "attention" | "mlp";
    /** Positions; all by default. */
    pos?: number | number[];
    /** How many of the likeliest tokens are kept; 5 by default. */
    top?: number;
    /** A token to follow through the layers. */
    token?: OneToken;
  }

  interface LogitLens {
    /** "embed", "after 0", …, of which the last is the model's own prediction; or "attn 0", …; or "mlp 0", …. */
    readonly layers: readonly string[];
    /** The pieces at the positions looked at, row by row. */
    readonly positions: readonly (readonly string[])[];
    /** Ids of the likeliest tokens [batch, layer, pos, rank]. */
    readonly tokens: Tensor;
    /** The same as pieces. */
    readonly pieces: string[][][][];
    /** Their probabilities [batch, layer, pos, rank]. */
    readonly probabilities: Tensor;
    /** The token that was asked about. */
    readonly token: Followed;
    toString(): string;
  }

  interface Followed {
    /** [batch, layer, pos] */
    readonly logit: Tensor;
    /** [batch, layer, pos] */
    readonly probability: Tensor;
    /** How many tokens are likelier [batch, layer, pos]. */
    readonly rank: Tensor;
  }

  /** Attention rollout (Abnar and Zuidema 2020) [batch, dest, src]: how much of a source is in a destination, by attention and residual stream alone. */
  export function rollout(run: Run): Tensor;

  /** How far the residual streams of two positions are apart, entering each layer and leaving the last. */
  export function residualDistance(run: Run, options: ResidualDistanceOptions): ResidualDistance;

  interface ResidualDistanceOptions {
    /** Pairs of positions: [[3, 7], [2, -1]]. */
    pairs: number[][];
  }

  interface ResidualDistance {
    /** Length of the difference [batch, pair, layer]. */
    readonly distance: Tensor;
    /** Cosine of the angle [batch, pair, layer]. */
    readonly cosine: Tensor;
  }

  /** The tokens that neurons promote: their value vectors (rows of W_down) through the last norm's gain and the unembedding. */
  export function neuronTokens(model: Model, options: NeuronTokensOptions): Neuron[];

  interface NeuronTokensOptions {
    /** The MLP's layer. */
    layer: number;
    /** Neurons; all by default. */
    neurons?: number | number[];
    /** How many tokens of each; 10 by default. */
    top?: number;
  }

  interface Neuron {
    /** Its layer. */
    layer: number;
    /** Its number in the layer. */
    neuron: number;
    /** The pieces that it promotes most, first the strongest. */
    tokens: string[];
    /** What one unit of its activation adds to their logits, before the last norm's scale. */
    logits: number[];
  }

  // ---- training

  /**
   * Trains a Llama with AdamW and gives it. The same seed, on the same number of threads, gives the same bytes. A loss
   * that stops being a number ends the run with the step and the tensor.
   */
  export function train(options: TrainOptions): Model;

  interface TrainOptions {
    /** The shape of a new model of random weights. */
    config?: ConfigOptions;
    /** A model to go on from, in place of `config`; it stays as it is. What comes of one that has no tokenizer gets that of the task or the corpus. */
    model?: Model;
    /**
     * What is learnt: a task; the corpus; a function that is given seeded choices and how many rows are wanted; rows that are all
     * there, taken at random (or all at once where `batch` is as many); a tensor of ids, rows or with `length` a stream.
     */
    data: Task | Corpus | ((rng: Random, batch: number) => Input | BatchOptions) | Input | Tensor;
    /** Tokens of a row taken from a stream. */
    length?: number;
    /** Updates of the weights (1000). */
    steps?: number;
    /** Rows of a batch (32). */
    batch?: number;
    /** Batches whose gradients are added up for one step (1). */
    accumulate?: number;
    /** The highest learning rate (0.001). */
    lr?: number;
    /** Steps over which the learning rate rises to that (0). */
    warmup?: number;
    /** What the learning rate does afterwards ("constant"). */
    schedule?: "constant" | "linear" | "cosine";
    /** What a schedule ends at, as a share of `lr` (0). */
    least?: number;
    /** Decoupled weight decay of the matrices (0.01); norm gains do not decay. */
    weightDecay?: number;
    /** How much of its running averages a step of AdamW keeps ([0.9, 0.999]). */
    betas?: [number, number];
    /** AdamW's epsilon (1e-8). */
    eps?: number;
    /** The largest norm that the whole gradient may have (0: any). */
    clip?: number;
    /** Standard deviation of the random weights (0.02), or of kinds of them; what writes to the residual stream starts smaller. */
    init?: number | InitOptions;
    /** Fixes weights and data; by default the run's. */
    seed?: number;
    /** "all", or the positions whose next token is learnt; by default those that a task scores, else all. */
    loss?: "all" | number | number[];
    /** Called with a snapshot every so many steps (a tenth of all) and after the last; true ends the training. */
    every?: EveryOptions;
    /** Keeps the state every so many steps (500), so that a run that is stopped goes on where it was, with the same bytes. */
    checkpoint?: CheckpointOptions;
  }

  /** Standard deviations of random weights, by kind of matrix. */
  interface InitOptions {
    /** The embedding. */
    W_E?: number;
    /** Of queries. */
    W_Q?: number;
    /** Of keys. */
    W_K?: number;
    /** Of values. */
    W_V?: number;
    /** Of heads' outputs. */
    W_O?: number;
    /** What the MLP gates by. */
    W_gate?: number;
    /** What the MLP gates. */
    W_up?: number;
    /** Of the MLP's output. */
    W_down?: number;
    /** The unembedding, where it is not the embedding. */
    W_U?: number;
    /** Of matrices not named (0.02); of W_O and W_down among them less, by √(2 · layers). */
    others?: number;
  }

  interface ConfigOptions {
    /** Blocks of attention and MLP. */
    nLayers: number;
    /** Heads of a layer. */
    nHeads: number;
    /** Width of the residual stream. */
    dModel: number;
    /** By default nHeads. */
    nKvHeads?: number;
    /** By default dModel / nHeads. */
    dHead?: number;
    /** By default 4 · dModel. */
    dMlp?: number;
    /** By default a task's. */
    dVocab?: number;
    /** Longest row; by default a task's, or 512. */
    nCtx?: number;
    /** By default 10,000. */
    ropeTheta?: number;
    /** By default 1e-5. */
    normEps?: number;
    /** Whether the unembedding is the embedding (false). */
    tied?: boolean;
  }

  interface EveryOptions {
    /** By default a tenth of all. */
    steps?: number;
    /** Gets the model as it is then; later steps do not change it. */
    run: (model: Model, at: TrainingStep) => boolean | void;
  }

  interface CheckpointOptions {
    /** How often the state is kept (500). */
    steps?: number;
    /** Tells several trainings of a script apart ("model"). */
    name?: string;
  }

  interface TrainingStep {
    /** From 1 on. */
    readonly step: number;
    /** Mean loss of the step's batch before its update, in nats. */
    readonly loss: number;
    /** The learning rate of this step. */
    readonly lr: number;
    /** Before clipping. */
    readonly gradientNorm: number;
  }

  interface BatchOptions {
    /** Rows to learn from. */
    tokens: Input;
    /** How much the guess made at a position, of the token after it, counts: a row for each row of tokens. */
    weights?: number[][];
  }

  /** Seeded choices for a generator of data. */
  interface Random {
    /** In [0, 1). */
    next(): number;
    /** A whole number from 0 up to but without n. */
    integer(n: number): number;
    /** One of them. */
    pick(items: any[] | string): any;
    /** All of them in random order. */
    shuffle(items: any[] | string): any[];
  }

  /** Something for a small model to learn: rows of tokens, some of them never trained on. */
  interface Task {
    /** What it is called. */
    readonly name: string;
    /** The piece of every id: "<unk>", "<s>", then the words. */
    readonly vocabulary: readonly string[];
    /** Tokens of a row. */
    readonly length: number;
    /** The positions whose next token counts; undefined where they differ from row to row. */
    readonly at: number[] | undefined;
    /** The id of a word. */
    id(word: string): number;
    /** Rows to train on, or with `split: "heldOut"` rows that training never sees. */
    rows(count: number, options?: RowsOptions): Tokens;
    /** The share of the guesses that count whose likeliest token is the right one. */
    accuracy(model: Model, options?: TaskOptions): number;
    /** Mean loss of the guesses that count, in nats. */
    loss(model: Model, options?: TaskOptions): number;
    toString(): string;
  }

  interface RowsOptions {
    /** Which rows ("train"). */
    split?: "train" | "heldOut";
    /** Chooses them; by default the run's. */
    seed?: number;
  }

  interface TaskOptions {
    /** How many rows are asked (256). */
    rows?: number;
    /** Which ("heldOut"). */
    split?: "heldOut" | "train";
    /** Chooses them; by default the run's. */
    seed?: number;
  }

  interface ModularArithmeticOptions {
    /** Numbers run from 0 up to but without it (113). */
    modulus?: number;
    /** What is done with the two numbers ("+"). */
    operation?: "+" | "-" | "*";
    /** Of the pairs, for training (0.3). */
    share?: number;
    /** Chooses the pairs; by default the run's. */
    seed?: number;
  }

  interface GroupOptions {
    /** Of the pairs, for training (0.4). */
    share?: number;
    /** Chooses the pairs; by default the run's. */
    seed?: number;
  }

  interface DyckOptions {
    /** Kinds of brackets, up to 4 (2). */
    kinds?: number;
    /** Brackets of a row, an even number (24). */
    length?: number;
    /** How many are open at once at most (6). */
    depth?: number;
  }

  interface ReversalOptions {
    /** How many there are (26). */
    letters?: number;
    /** Letters of a row, before and after the bar (8). */
    length?: number;
  }

  interface CopyingOptions extends ReversalOptions {}

  interface SortingOptions extends ReversalOptions {}

  interface InductionOptions {
    /** How many there are (64). */
    letters?: number;
    /** Letters before they repeat (24). */
    length?: number;
  }

  interface RecallOptions {
    /** How many keys there are (16). */
    keys?: number;
    /** How many values there are (16). */
    values?: number;
    /** Pairs of a row (6). */
    pairs?: number;
  }

  /** Generated text: what the bundled model was trained on. As train's data every document is a row of its own, beginning with a BOS, in batches of documents of like length. */
  interface Corpus {
    /** The piece of every id. */
    readonly vocabulary: readonly string[];
    /** The kinds of text there are. */
    readonly kinds: readonly string[];
    /** The first documents of one kind, or of the mixture: of those for training, or with `split: "heldOut"` of those that training never sees. */
    documents(count: number, options?: DocumentsOptions): CorpusDocument[];
    toString(): string;
  }

  interface DocumentsOptions extends RowsOptions {
    /** By default the mixture. */
    kind?: string;
  }

  interface CorpusDocument {
    /** What kind of text it is. */
    readonly kind: string;
    /** Its tokens, after a BOS. */
    readonly ids: readonly number[];
    /** What it says; random tokens say nothing. */
    readonly text?: string;
    /** Of text that asks something: what it asks. */
    readonly topic?: string;
    /** The text before the answer. */
    readonly prompt?: string;
    /** The right answer, with the space before it. */
    readonly answer?: string;
    /** Wrong answers that the text suggests. */
    readonly wrong?: readonly string[];
    /** Of random tokens that repeat: how many come before they do. */
    readonly free?: number;
  }

  interface CorpusOptions {
    /** The model whose tokenizer it is written in; the bundled one, or --model's. */
    model?: Model;
    /** Of how many documents each kind is, in proportion; kinds not named keep theirs (docs/bundled-model.md). */
    shares?: { [kind: string]: number };
    /** What an answer counts in the loss, where other tokens count 1 (10). */
    answer?: number;
    /** What a random token counts that nothing foretells (0.5). */
    free?: number;
    /** Tokens of a batch, padding included, whatever train's `batch` says (2048). */
    tokens?: number;
  }

  interface Tasks {
    /** `a b = c` for every pair of numbers below `modulus` (113): +, - or * of them; `share` (0.3) of the pairs is trained on. */
    modularArithmetic(options?: ModularArithmeticOptions): Task;
    /** `a b = ab` for every pair of elements of a group: permutations "S4", symmetries of a polygon "D5", rotations "C7"; `share` is 0.4. */
    group(name: string, options?: GroupOptions): Task;
    /** `<s> ( [ ] )`: balanced brackets of some kinds (2), `length` of them (24), at most `depth` deep (6); what closes counts. */
    dyck(options?: DyckOptions): Task;
    /** `<s> a b c | c b a` of 26 letters, 8 long. */
    reversal(options?: ReversalOptions): Task;
    /** `<s> a b c | a b c` of 26 letters, 8 long. */
    copying(options?: CopyingOptions): Task;
    /** `<s> c a b | a b c` of 26 letters, 8 long. */
    sorting(options?: SortingOptions): Task;
    /** `<s> q f a q f a`: random tokens of 64, 24 long, once more; the repetition counts. */
    induction(options?: InductionOptions): Task;
    /** `<s> a 3 f 7 ? f 7`: 6 pairs of one of 16 keys and one of 16 values, then one of the keys. */
    recall(options?: RecallOptions): Task;
    /** The generated text that the bundled model was trained on. */
    corpus(options?: CorpusOptions): Corpus;
  }

  /** Tasks that small models can learn, each with its vocabulary and rows held out. */
  export const tasks: Tasks;

  // ---- what comes out

  /** Charts, saved into the run's folder. */
  export const chart: Charts;

  interface Charts {
    /** Colours for two axes: rows from top to bottom, columns to the right; axes of length 1 are left out, NaN is hatched. */
    heatmap(data: Numbers, options?: HeatmapOptions): Chart;
    /** Lines over the last axis, one for each row of two axes; over places, { x, y }; or one for each name, { name: numbers }. */
    line(data: Numbers | NamedNumbers, options?: LineOptions): Chart;
    /** Bars along the last axis, side by side for each row of two axes or for each name, { name: numbers }. */
    bar(data: Numbers | NamedNumbers, options?: BarOptions): Chart;
    /** Points: { x, y } of one shape, rows [x, y], or such rows by name. */
    scatter(data: Numbers | NamedNumbers, options?: ScatterOptions): Chart;
    /** How often values occur, in bins with round edges; { name: numbers } over each other. */
    histogram(data: Numbers | NamedNumbers, options?: HistogramOptions): Chart;
    /** Several charts in one picture, row by row. */
    grid(charts: Chart[], options?: GridOptions): Chart;
  }

  interface Chart {
    /** Writes name.png into the run's folder, 288 dots per inch; a name that ends in .svg or .pdf gives that. */
    save(name: string): this;
    toString(): string;
  }

  interface HeatmapOptions {
    /** The chart's title. */
    title?: string;
    /** Title of the horizontal axis; the tensor's axis by default. */
    x?: string;
    /** Title of the vertical axis; the tensor's axis by default. */
    y?: string;
    /** Colours centred on zero, blue below and red above; by default where values have both signs. */
    diverging?: boolean;
    /** Labels by axis, { src: pieces }, or for every axis of that length. */
    labels?: Labels;
    /** The values at the ends of the colour bar. */
    range?: [number, number];
  }

  interface BarOptions {
    /** The chart's title. */
    title?: string;
    /** Title of the horizontal axis. */
    x?: string;
    /** Title of the vertical axis. */
    y?: string;
    /** Labels along the horizontal axis. */
    labels?: Labels;
    /** The ends of the vertical axis. */
    range?: [number, number];
    /** Names of the series. */
    series?: string[];
    /** Half the length of an error bar for each number: of the same shape, or { name: numbers } as the data; NaN for none. */
    errors?: Numbers | NamedNumbers;
  }

  interface LineOptions extends BarOptions {
    /** Words under the points; rising whole numbers, such as steps of training, are their places along the axis. */
    labels?: Labels;
    /** The axes that are logarithmic: "x", "y" or "xy". */
    log?: "x" | "y" | "xy";
  }

  interface ScatterOptions {
    /** The chart's title. */
    title?: string;
    /** Title of the horizontal axis. */
    x?: string;
    /** Title of the vertical axis. */
    y?: string;
    /** Labels of the points, where there is room. */
    labels?: Labels;
    /** The ends of the vertical axis. */
    range?: [number, number];
    /** Names of the series. */
    series?: string[];
    /** The axes that are logarithmic: "x", "y" or "xy". */
    log?: "x" | "y" | "xy";
  }

  interface HistogramOptions {
    /** The chart's title. */
    title?: string;
    /** Title of the horizontal axis. */
    x?: string;
    /** Title of the vertical axis. */
    y?: string;
    /** The ends of the horizontal axis. */
    range?: [number, number];
    /** Number of bins, about: their edges are round numbers. */
    bins?: number;
  }

  interface GridOptions {
    /** The picture's title. */
    title?: string;
    /** Charts in a row; about as many as there are rows by default. */
    columns?: number;
  }

  type Numbers = Tensor | any[] | Float32Array;
  type Labels = readonly (string | number)[] | { [axis: string]: readonly (string | number)[] };
  type NamedNumbers = { [name: string]: Numbers };

  /** Pages to look at in a browser: one self-contained file each. */
  export const html: Html;

  interface Html {
    /** A grid of heads, the pattern of one and the text: what the pointer is over is in focus, a click locks it. */
    attention(run: Run, options?: AttentionOptions): Page;
    /** A text with a number for every token as its colour; several series by name. */
    tokens(pieces: string[], values: Numbers | NamedNumbers, options?: TokensPageOptions): Page;
    /** A text in colours: a source and all that take strongly from it by these weights [dest, src] share one. */
    links(pieces: string[], weights: Tensor, options?: LinksOptions): Page;
    /** The likeliest token at every layer and position. */
    logitLens(lens: LogitLens, options?: LensPageOptions): Page;
    /** A table of two axes in colours, to be zoomed into; NaN is grey. */
    heatmap(values: Tensor, options?: ZoomableOptions): Page;
  }

  interface AttentionOptions {
    /** Layers: a number, "0-5", or several; all by default. */
    layers?: number | string | number[];
    /** Heads: heads("1.*"), "1.2, 3.0"; all by default. */
    heads?: Heads | string | Head[];
    /** The row of a batch; 0 by default. */
    row?: number;
    /** The page's title. */
    title?: string;
  }

  interface TokensPageOptions {
    /** The page's title. */
    title?: string;
  }

  interface LinksOptions {
    /** The least weight that links two tokens; 0.3 by default. */
    threshold?: number;
    /** Positions that are no sources, such as the first, where heads rest that have nothing to do; none by default. */
    ignore?: number | number[];
    /** The page's title. */
    title?: string;
  }

  interface ZoomableOptions {
    /** Labels by axis, { from: names }; indices by default. */
    labels?: { [axis: string]: string[] };
    /** Draws a line every so many rows and columns; 0 by default. */
    lines?: number;
    /** The page's title. */
    title?: string;
  }

  interface LensPageOptions {
    /** The row of a batch; 0 by default. */
    row?: number;
    /** The page's title. */
    title?: string;
  }

  interface Page {
    /** Writes name.html into the run's folder. */
    save(name: string): this;
    toString(): string;
  }

  /** A table of rows (objects, or arrays with `columns` as their names), or of a tensor: two axes as a grid, others a row for each element. */
  export function table(source: readonly object[] | Tensor, options?: TableOptions): Table;

  interface TableOptions {
    /** The columns to show, in order, or the names of arrays' columns. */
    columns?: string[];
  }

  interface Table {
    /** Prints it in columns, at most 40 rows. */
    print(): this;
    /** Writes all of it as CSV into the run's folder. */
    save(name: string): this;
    toString(): string;
  }

  /** Records whether a claim holds; a false one makes the exit code 1. Gives `ok` back. */
  export function check(claim: string, ok: boolean): boolean;

  /** Keeps a value in the run's record, run.json. */
  export function record(name: string, value: any): void;

  /** What `--arg k=v` gave, by name; undefined where nothing was given. */
  export const args: { readonly [name: string]: string | undefined };

  /** The run's seed. */
  export const seed: number;

  /** Prints values; tensors as their shape, statistics and a few elements. */
  export function print(...values: any[]): void;
}

/** Prints as `print` does; warnings and errors go to stderr. */
declare var console: {
  log(...values: any[]): void;
  info(...values: any[]): void;
  debug(...values: any[]): void;
  warn(...values: any[]): void;
  error(...values: any[]): void;
};
