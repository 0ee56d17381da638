/**
 * The module that experiment scripts import from. In the REPL every export is already in scope.
 * A name that does not exist (an option, a hook, an axis, a head) is an error that lists the nearest ones.
 */
declare module "lens" {

  // ---- models

  /**
   * Opens the bundled model; `--model` on the command line takes precedence.
   * @throws a path that holds no checkpoint, or one of an unsupported kind; the message says what was found and what
   * to open instead. The exit code is then 4.
   * @example
   * const model = load(); // the bundled model, or that of --model
   * print(model.next("The capital of France is", { top: 3 }));
   */
  export function load(options?: LoadOptions): Model;
  /**
   * Opens a checkpoint: a folder (safetensors, .bin or .pth), a .gguf or .bin file, or a model of Hugging Face's cache
   * by its name, "ORG/NAME"; `--model` takes precedence. A script opens what it has saved, what lies in its own folder
   * or in one of `--allow-read` (for a name, the folder of the cache), and what `--arg` gives it.
   */
  export function load(path: ModelPath, options?: LoadOptions): Model;

  interface LoadOptions {
    /** Element type to convert the weights to: "f32", "f16", "bf16" or "q8_0". @default the type in the file */
    dtype?: string;
    /** "auto", "cpu" or "tornado"; `--device` on the command line takes precedence. @default "auto" */
    device?: string;
  }

  interface SaveOptions {
    /** Element type to save the matrices as. @default the model's own type; f32 for quantised matrices */
    dtype?: "f32" | "f16" | "bf16";
  }

  interface Model {
    /** The model's shape. */
    readonly config: Configuration;
    /** The name of every value of a forward pass, in the order of computation. */
    readonly hookNames: readonly string[];
    /** The weights as tensors. */
    readonly weights: Weights;
    /**
     * Whether the model has a chat template of its own, by which `chat` writes conversations. Models that are not
     * trained for conversations have none.
     */
    readonly hasChatTemplate: boolean;
    /** The loss of every training step [step], in nats. An error unless `train` made this model. */
    readonly losses: Tensor;
    /** A head's OV circuit W_V W_O: what the head writes as a function of what it reads; see docs/analysis.md. */
    ov(head: HeadName | Head, options?: OvOptions): FactoredMatrix;
    /** A head's QK circuit W_Q R(offset) W_Kᵀ: which destination attends to which source; see docs/analysis.md. */
    qk(head: HeadName | Head, options?: QkOptions): FactoredMatrix;
    /** Converts text to Tokens [batch, pos], or wraps ids as they are. Shorter rows are padded on the left. */
    tokens(input: Input, options?: TokensOptions): Tokens;
    /** Draws rows of random tokens that repeat; special tokens are not drawn. */
    random(options: RandomOptions): Tokens;
    /**
     * Converts a conversation to Tokens [1, pos] by the model's chat template, as transformers' `apply_chat_template`
     * does, with where its messages stand in `positions`. See docs/chat.md.
     */
    chat(messages: Message[], options?: ChatOptions): Tokens<ChatPositions>;
    /** Converts several conversations to Tokens [batch, pos]; `positions` has an element for each row. */
    chat(conversations: Message[][], options?: ChatOptions): Tokens<readonly ChatPositions[]>;
    /** The id of a text that is one token, as " Mary"; an error that shows the pieces if it is several. */
    token(text: string): number;
    /**
     * The position of a piece or phrase in each row: that of its last token, counted from the row's first real token.
     * The phrase has to begin and end where tokens or words do. An error if a row does not hold it.
     */
    position(input: string | number[], phrase: string, options?: PositionOptions): number;
    /** A number for Tokens of one row, an array otherwise. */
    position(input: Tokens, phrase: string, options?: PositionOptions): number | number[];
    /** An array with one number for each row. */
    position(input: string[] | number[][], phrase: string, options?: PositionOptions): number[];
    /**
     * The most probable next tokens: a table of `token` (the id), `text` (its piece), `probability` and `logit`, with
     * the `row` in front for several prompts.
     */
    next(prompt: Input, options?: NextOptions): Table;
    /** The text of each row. Special tokens, and ids without a token, have none. */
    text(rows: Tokens | string[] | number[][]): string[];
    /** The text of one row of ids. */
    text(row: string | number[]): string;
    /** The pieces of each row's tokens, without padding. An id without a token is "<id 49153>". */
    pieces(rows: Tokens | string[] | number[][]): string[][];
    /** The pieces of one row of ids, or of a text. */
    pieces(row: string | number[]): string[];
    /**
     * Runs the model on an input.
     * @throws an input longer than the model's context, token ids outside its vocabulary, or a run that does not fit
     * into memory, before anything is allocated (exit code 5).
     */
    run(input: Input, options?: RunOptions): Run;
    /**
     * Returns this model with interventions, applied after those it already has; this model is unchanged.
     * @throws a target that matches nothing in this model.
     */
    with(...interventions: (Intervention | Intervention[])[]): Model;
    /**
     * Returns this model with changed weights; unchanged matrices are shared.
     * @throws a matrix of another shape.
     */
    edit(...edits: (WeightEdit | WeightEdit[])[]): Model;
    /** Saves a Hugging Face folder (config, weights, tokenizer) in the run's folder; returns its path. */
    save(folder: string, options?: SaveOptions): string;
    /** The heads of this model that a selector names. */
    heads(selector: Heads): Head[];
    /** Continues a prompt. */
    generate(prompt: string | number[], options?: GenerateOptions): Generated<string>;
    /** Continues several prompts. */
    generate(prompts: Tokens | string[] | number[][], options?: GenerateOptions): Generated<string[]>;
    toString(): string;
  }

  /** Text, several texts, one row of ids, rows of ids, or Tokens. */
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
    /** Number of neurons of an MLP. */
    readonly dMlp: number;
    /** Number of tokens in the vocabulary. */
    readonly dVocab: number;
    /** Length of the longest sequence, in tokens. */
    readonly nCtx: number;
    /** Base of the rotary frequencies. */
    readonly ropeTheta: number;
    /** Rotation per position of each pair of coordinates i and i + dHead/2, in radians, scaling included [dHead/2]. */
    readonly ropeFrequencies: readonly number[];
    /** Epsilon of RMSNorm. */
    readonly normEps: number;
    /** Whether the unembedding is the transposed embedding. */
    readonly tied: boolean;
    /** The model family by its Hugging Face name: "llama", "mistral", "qwen2", "qwen3". */
    readonly family: string;
    /** Whether queries, keys and values have biases. */
    readonly qkvBias: boolean;
    /** Whether attention's output projection has a bias. */
    readonly outputBias: boolean;
    /** Whether the linear layers of MLPs have biases. */
    readonly mlpBias: boolean;
    /** Whether each head's queries and keys pass through an RMSNorm before rotation. */
    readonly qkNorm: boolean;
    /** Number of most recent keys that a query attends to, its own included; null for all. */
    readonly slidingWindow: number | null;
  }

  /** Weights for multiplication from the right, q = x · W_Q. Each access decodes the weight into a new tensor. */
  interface Weights {
    /** Embedding [dVocab, dModel]. */
    readonly W_E: Tensor;
    /** Unembedding [dModel, dVocab]. */
    readonly W_U: Tensor;
    /** Gain of the last norm [dModel]. */
    readonly normFinal: Tensor;
    /** Query weights [head, dModel, dHead], or those of one head [dModel, dHead]. */
    W_Q(layer: number, head?: number): Tensor;
    /** Query biases [head, dHead], or that of one head [dHead]. Every bias is an error if the model has none. */
    b_Q(layer: number, head?: number): Tensor;
    /** Key weights [kvHead, dModel, dHead], or those that one query head reads [dModel, dHead]. */
    W_K(layer: number, head?: number): Tensor;
    /** Key biases [kvHead, dHead], or that of the keys that one query head reads [dHead]. */
    b_K(layer: number, head?: number): Tensor;
    /** Value weights [kvHead, dModel, dHead], or those that one query head reads [dModel, dHead]. */
    W_V(layer: number, head?: number): Tensor;
    /** Value biases [kvHead, dHead], or that of the values that one query head reads [dHead]. */
    b_V(layer: number, head?: number): Tensor;
    /** Gain of the queries' norm, shared by all heads [dHead]. An error if the model has none. */
    normQ(layer: number): Tensor;
    /** Gain of the keys' norm, shared by all heads [dHead]. An error if the model has none. */
    normK(layer: number): Tensor;
    /** Output weights [head, dHead, dModel], or those of one head [dHead, dModel]. */
    W_O(layer: number, head?: number): Tensor;
    /** Bias of attention's output projection [dModel]. */
    b_O(layer: number): Tensor;
    /** Gate weights of the MLP [dModel, dMlp]. */
    W_gate(layer: number): Tensor;
    /** Gate bias of the MLP [dMlp]. */
    b_gate(layer: number): Tensor;
    /** Up projection of the MLP [dModel, dMlp]. */
    W_up(layer: number): Tensor;
    /** Bias of the MLP's up projection [dMlp]. */
    b_up(layer: number): Tensor;
    /** Down projection of the MLP [dMlp, dModel]. */
    W_down(layer: number): Tensor;
    /** Bias of the MLP's down projection [dModel]. */
    b_down(layer: number): Tensor;
    /** Gain of the norm before attention [dModel]. */
    norm1(layer: number): Tensor;
    /** Gain of the norm before the MLP [dModel]. */
    norm2(layer: number): Tensor;
  }

  interface TokensOptions {
    /**
     * Whether a BOS token is put before text, if the model's texts begin with one; ids are taken as they are.
     * @default true
     */
    bos?: boolean;
    /** Whether the texts of special tokens such as `<|im_end|>` mean these tokens, or are text. @default true */
    special?: boolean;
  }

  /** A message of a conversation. */
  interface Message {
    /** Who speaks: "system", "user", "assistant", or what else the template knows. */
    role: string;
    /** What is said. */
    content: string;
  }

  interface ChatOptions {
    /** Whether the tokens end with what begins the assistant's answer. @default true */
    answer?: boolean;
    /** A template in Jinja, or the name of one of the model's. @default the model's usual one */
    template?: string;
    /** Whether a BOS is put in front if the model's texts begin with one and the template writes none. @default true */
    bos?: boolean;
  }

  /** Where the messages of a conversation stand in its tokens: positions for `.at(…)`. */
  interface ChatPositions {
    /** The positions of the tokens of each system message's content. */
    readonly system: readonly number[][];
    /** The positions of the tokens of each user message's content. */
    readonly user: readonly number[][];
    /** The positions of the tokens of each assistant message's content. */
    readonly assistant: readonly number[][];
    /** The positions of the tokens behind the content of the last user message. */
    readonly after: readonly number[];
  }

  interface PositionOptions {
    /** Which place, where the phrase stands at several. @default the only one; several are an error */
    which?: "first" | "last";
  }

  interface NextOptions {
    /** Number of tokens of each prompt. @default 10 */
    top?: number;
  }

  interface RandomOptions {
    /** Number of rows. @default 1 */
    batch?: number;
    /** Length of the random segment of each row, in tokens. */
    length: number;
    /** Number of times the random segment is repeated. @default 1 */
    repeat?: number;
    /** Seed of the tokens. @default the run's seed */
    seed?: number;
    /** Whether each row begins with a BOS token, if the model's texts do. @default true */
    bos?: boolean;
  }

  /** Token ids [batch, pos]. Positions count from a row's first real token. */
  interface Tokens<Positions = any> {
    /** Number of rows. */
    readonly batch: number;
    /** Length of the rows, padding included. */
    readonly length: number;
    /** The sizes of the axes: [batch, length]. */
    readonly shape: number[];
    /** The names of the axes: ["batch", "pos"]. */
    readonly axes: string[];
    /** 1 at tokens and 0 at padding, [batch, pos]. */
    readonly mask: Tensor;
    /** Where the messages of a conversation stand; an error unless `model.chat` made the tokens. */
    readonly positions: Positions;
    /** The ids of a row, without padding; a negative index counts from the last row. */
    row(index: number): number[];
    /** The ids of every row, without padding. */
    toArray(): number[][];
    toString(): string;
  }

  interface RunOptions {
    /**
     * The values to keep: hook names (with wildcards), sites, heads, a predicate over hook names, or true for all.
     * @default false
     */
    cache?: Target | ((hookName: string) => boolean) | boolean;
    /** Interventions of this run alone, applied in this order after the model's own. @default none */
    hooks?: (Intervention | Intervention[])[];
    /** Positions of logits, loss and cache. @default all */
    at?: number | number[];
    /** Values given instead of computed, by hook name; operations that only lead to them are skipped. @default none */
    from?: { [hookName: string]: Tensor };
    /** Layer before which the run stops: its hook_resid_pre is kept and there are no logits. @default none */
    stopAt?: number;
    /** Whether to compute the loss of the next token. @default false */
    loss?: boolean;
    /** Whether to compute logits. @default true */
    logits?: boolean;
  }

  interface Run {
    /** Logits [batch, pos, dVocab], at the positions asked for. */
    readonly logits: Tensor;
    /** -log p of the next token, in nats [batch, pos]; NaN at padding. The last position has none. */
    readonly loss: Tensor;
    /** The input. */
    readonly tokens: Tokens;
    /** The values kept. */
    readonly cache: Cache;
    /**
     * The gradient of a metric with respect to one value of this run, or to one head's part of it. Each row has the
     * gradient of its own metric.
     * @throws a metric without a derivative: a rank, or a function; a hook in JavaScript on the way.
     */
    grad(site: Target, metric: Metric): Tensor;
    toString(): string;
  }

  interface Cache {
    /** The hook names kept, in the order of computation. */
    readonly names: readonly string[];
    /**
     * One value: get("blocks.3.attn.hook_z"), or get(head("3.1").z), which has no head axis.
     * @throws a value that was not kept; the message says how to keep it.
     */
    get(site: Target): Tensor;
    toString(): string;
  }

  interface GenerateOptions {
    /** Maximum number of tokens to generate. @default 100 */
    max?: number;
    /** Sampling temperature; 0 always takes the most probable token. @default 0 */
    temperature?: number;
    /** Nucleus sampling: draws from the most probable tokens whose probabilities add up to this. @default 1 */
    topP?: number;
    /** Draws from this many most probable tokens; 0 for all. @default 0 */
    topK?: number;
    /** Draws from tokens with at least this share of the largest probability (Nguyen et al. 2024). @default 0 */
    minP?: number;
    /** Seed of the draws. @default the run's seed */
    seed?: number;
    /**
     * Token ids or strings that end a row, besides the model's end of sequence. The row ends with the token that
     * completes the string.
     * @default none
     */
    stop?: number | string | (number | string)[];
    /**
     * The values to keep of the runs that generate, as in run, at every position of the prompt and its continuation.
     * @default none
     */
    cache?: RunOptions["cache"];
    /** Whether new tokens are reported with their log-probabilities, and with how many alternatives. @default false */
    logProbs?: boolean | number;
  }

  interface Generated<Text> {
    /** The prompt and its continuation. */
    readonly text: Text;
    /** The prompt and its continuation as tokens. */
    readonly tokens: Tokens;
    /** Why it ended: an end of sequence, a stop, `max`, or the end of the model's context; by row, as `text` is. */
    readonly ended: Text extends string ? Ending : Ending[];
    /** The new tokens of each row, as `text` is; exists only if `logProbs` was given. */
    readonly logProbs: Text extends string ? Choice[] : Choice[][];
    /** The values that the generating runs had; exists only if `cache` was given. */
    readonly cache: Cache;
  }

  type Ending = "eos" | "stop" | "max" | "context";

  interface Alternative {
    /** The id of the token. */
    readonly token: number;
    /** The piece of the token, with spaces as spaces. */
    readonly text: string;
    /** Its log-probability in nats, in the model's own distribution: temperature 1, every token. */
    readonly logProb: number;
  }

  interface Choice extends Alternative {
    /** The most probable tokens in its place, the most probable first. */
    readonly alternatives: Alternative[];
  }

  // ---- naming components

  // Editors complete these names; every other text is accepted, too, and is checked when the script runs.

  type OtherText = string & Record<never, never>;
  type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";
  type Index = Digit | `${"1" | "2"}${Digit}` | "30" | "31";

  /** A head by name: "10.29". */
  type HeadName = `${Index}.${Index}` | OtherText;

  /** Heads by name: "1.*, 5.15, 8-11.0". */
  type HeadSelector = "*" | `${Index}.*` | `*.${Index}` | `${Index}.${Index}` | OtherText;

  /** What a value is called in each block; q_norm and k_norm exist in models whose queries and keys are normalised. */
  type BlockHook =
    | "hook_resid_pre" | "hook_attn_in" | "hook_q_input" | "hook_k_input" | "hook_v_input"
    | "ln1.hook_scale" | "ln1.hook_normalized"
    | "attn.q_norm.hook_scale" | "attn.q_norm.hook_normalized"
    | "attn.k_norm.hook_scale" | "attn.k_norm.hook_normalized"
    | "attn.hook_q" | "attn.hook_k" | "attn.hook_v" | "attn.hook_rot_q" | "attn.hook_rot_k"
    | "attn.hook_attn_scores" | "attn.hook_pattern" | "attn.hook_z" | "attn.hook_result"
    | "hook_attn_out" | "hook_resid_mid" | "hook_mlp_in" | "ln2.hook_scale" | "ln2.hook_normalized"
    | "mlp.hook_pre" | "mlp.hook_pre_linear" | "mlp.hook_post" | "hook_mlp_out" | "hook_resid_post";

  /** A hook name, in which `*` stands for any characters: "blocks.3.attn.hook_z", "blocks.*.hook_resid_pre". */
  type HookName =
    | "hook_embed" | `blocks.${Index | "*"}.${BlockHook}` | "ln_final.hook_scale" | "ln_final.hook_normalized"
    | OtherText;

  /** Models found by `lens new`, in models.d.ts beside a script. */
  interface ModelFiles {}

  /** A path, or a name in Hugging Face's cache. */
  type ModelPath = keyof ModelFiles | OtherText;

  /**
   * One head: head("10.29") is layer 10, head 29.
   * @throws where the model is known, a layer or head that it does not have.
   * @example
   * const pattern = model.run("Once upon a time", { cache: head("1.0").pattern }).cache.get(head("1.0").pattern);
   */
  export function head(name: HeadName): Head;
  /** One head by layer and number: head(10, 29). */
  export function head(layer: number, head: number): Head;

  /**
   * Several heads: "1.*, 5.15, 8-11.0"; all heads without a selector.
   * @throws a selector that is not written as layer.head; where the model is known, heads that it does not have.
   * @example
   * model.with(ablate(heads("1.*, 2.0"), { with: "zero" })).generate("Once upon a", { max: 5 }).text;
   */
  export function heads(selector?: HeadSelector | Head[]): Heads;

  /**
   * One layer. As a target it stands for the outputs of its attention and its MLP.
   * @throws where the model is known, a layer that it does not have.
   * @example
   * model.with(ablate(layer(2), { with: "zero" })); // neither attention nor MLP of layer 2 adds anything
   */
  export function layer(layer: number): Layer;

  /**
   * Several layers: "0-5"; all layers without a selector.
   * @throws a selector that names no layers; where the model is known, layers that it does not have.
   * @example
   * const without = one => ablate(one, { with: "zero" });
   * sweep(model, "Once upon a time", { over: layers(), apply: without, metric: metric.loss() }); // [layer]
   */
  export function layers(selector?: string): Layer;

  /**
   * The MLP of a layer. As a target it stands for its output.
   * @throws where the model is known, a layer that it does not have.
   * @example
   * model.run("Once upon a time", { cache: mlp(1).post }).cache.get(mlp(1).post); // [batch, pos, dMlp]
   */
  export function mlp(layer: number): Mlp;

  /**
   * The MLPs of several layers: "0-5"; all MLPs without a selector.
   * @throws a selector that names no layers; where the model is known, layers that it does not have.
   * @example
   * model.with(scale(mlps("2-3"), 0.5));
   */
  export function mlps(selector?: string): Mlp;

  /**
   * The residual stream at a layer, or at several: "0-5".
   * @throws a selector that names no layers; where the model is known, layers that it does not have.
   * @example
   * model.run("Once upon a time", { cache: resid(2).pre, stopAt: 2 }).cache.get(resid(2).pre); // [batch, pos, dModel]
   */
  export function resid(layer: number | string): Residual;

  /**
   * A value by its hook name; `*` stands for any characters.
   * @throws where the model is known, a name that matches no value; the nearest names are listed.
   * @example
   * site("blocks.1.attn.hook_pattern").at(-1).from(0); // the last token's attention to the first one
   */
  export function site(hookName: HookName): Site;

  /** One value of a model, or the same value of several heads or layers. */
  interface Site {
    /**
     * Narrows to positions, counted from a row's first real token, or from the end when negative. Of a pattern these
     * are destinations.
     */
    at(...positions: (number | number[])[]): Site;
    /** Narrows to sources of a pattern or its scores, counted like positions. */
    from(...sources: (number | number[])[]): Site;
    /** Narrows to neurons of an MLP, or to coordinates of another value. */
    neurons(...neurons: (number | number[])[]): Site;
    /** Narrows to rows of the batch. */
    rows(...rows: (number | number[])[]): Site;
    toString(): string;
  }

  /** Weights of heads' circuits or of neurons, for edit.scale and edit.zero. */
  interface WeightPart {
    toString(): string;
  }

  /** One or several heads. As a target they stand for their z. If nKvHeads < nHeads, heads share keys and values. */
  interface Heads {
    /** Values averaged by the pattern [batch, pos, dHead]. */
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
    /** The heads' output, which is added to the residual stream [batch, pos, dModel]. */
    readonly result: Site;
    /** The weights of their OV circuits. */
    readonly OV: WeightPart;
    /** The weights of their QK circuits. */
    readonly QK: WeightPart;
    /** The residual stream as the heads' queries read it, before the norm [batch, pos, dModel]. */
    readonly qInput: Site;
    /** The residual stream as the heads' keys read it, before the norm [batch, pos, dModel]. */
    readonly kInput: Site;
    /** The residual stream as the heads' values read it, before the norm [batch, pos, dModel]. */
    readonly vInput: Site;
    toString(): string;
  }

  interface Head extends Heads {
    /** The index of its layer. */
    readonly layer: number;
    /** Its index within the layer. */
    readonly head: number;
  }

  interface Layer {
    /** Attention's output, which is added to the residual stream [batch, pos, dModel]. */
    readonly attnOut: Site;
    /** The MLP's output, which is added to the residual stream [batch, pos, dModel]. */
    readonly mlpOut: Site;
    toString(): string;
  }

  interface Mlp {
    /** The down-projection weights of some neurons. */
    neurons(...neurons: (number | number[])[]): WeightPart;
    /** The residual stream as the MLP reads it, before the norm [batch, pos, dModel]. */
    readonly in: Site;
    /** The output, which is added to the residual stream [batch, pos, dModel]. */
    readonly out: Site;
    /** The gate before SiLU [batch, pos, dMlp]. */
    readonly pre: Site;
    /** The up projection, which is multiplied by the gate [batch, pos, dMlp]. */
    readonly up: Site;
    /** Neuron activations: SiLU(gate) · up [batch, pos, dMlp]. */
    readonly post: Site;
    toString(): string;
  }

  interface Residual {
    /** The residual stream entering the layer [batch, pos, dModel]. */
    readonly pre: Site;
    /** The residual stream between attention and MLP [batch, pos, dModel]. */
    readonly mid: Site;
    /** The residual stream leaving the layer [batch, pos, dModel]. */
    readonly post: Site;
    toString(): string;
  }

  /**
   * The place of an intervention, or a value to keep: a site, heads, a layer, an MLP, a hook name, "10.29", or an array
   * of these.
   */
  type Target = Site | Heads | Layer | Mlp | HookName | HeadName | Target[];

  // ---- interventions

  /** A declared change of a model's values, for run's hooks and model.with. */
  interface Intervention {
    toString(): string;
  }

  interface StepOptions {
    /**
     * The steps of a generation in which the change applies: the run of the prompt (step 0), the runs of new tokens
     * (from step 1 on), or those from one number up to another, which is excluded. An ordinary run is a step 0.
     * @default all
     */
    steps?: "prompt" | "new" | [number, number];
  }

  /**
   * Replaces a value by zero, by its mean over reference inputs, or by its value on one of them.
   * @throws "mean" and "resample" without `over`, zero with it; attention scores zeroed at unnamed sources, which
   * would undo the causal mask.
   * @example
   * const texts = model.tokens(["Anna went to the park.", "Tom has a red ball."]);
   * model.with(ablate(head("1.0"), { with: "mean", over: texts })).run("Once upon a time");
   */
  export function ablate(target: Target, options: AblateOptions): Intervention;

  interface AblateOptions extends StepOptions {
    /** The replacement: zero, the mean over reference inputs, or the value on a reference input drawn at random. */
    with: "zero" | "mean" | "resample";
    /**
     * The reference inputs of mean and resample, or a run that kept the value on them; for mean also a dataset, or the
     * means of a survey. @default none
     */
    over?: Tokens | Run | Dataset | SurveyMeans;
    /** What the mean is taken over: rows and positions ("all"), or the rows of each position. @default "all" */
    by?: "all" | "position";
    /** Seed of the draws of resample. @default the run's seed */
    seed?: number;
  }

  /**
   * Replaces a value by that of another run, or by a tensor. Positions are aligned by each row's first real token.
   * @throws a run that did not keep the value, or kept it for another number of rows; a tensor whose axes do not fit
   * the value.
   * @example
   * const other = model.run("When Mary and John went to the store, Mary gave", { cache: head("3.1") });
   * model.with(patch(head("3.1"), { from: other })).run("When Mary and John went to the store, John gave");
   */
  export function patch(target: Target, options: PatchOptions): Intervention;

  interface PatchOptions extends StepOptions {
    /** A run that kept the value, or a tensor, which is repeated along axes that it lacks. */
    from: Run | Tensor;
  }

  /**
   * Holds a value at that of another run, whatever the values before it are.
   * @throws as for patch.
   * @example
   * const base = model.run("Once upon a time", { cache: heads() });
   * model.with(ablate(mlp(0), { with: "zero" }), freeze(heads(), { from: base })).run("Once upon a time");
   */
  export function freeze(target: Target, options: FreezeOptions): Intervention;

  interface FreezeOptions extends StepOptions {
    /** A run that kept the value, or a tensor, which is repeated along axes that it lacks. */
    from: Run | Tensor;
  }

  /**
   * Multiplies a value by a factor.
   * @example
   * model.with(scale(head("2.2"), 0.5)).run("Once upon a time");
   */
  export function scale(target: Target, factor: number, options?: StepOptions): Intervention;

  /**
   * Limits every element of a value to a range. At least one of min and max is required.
   * @throws neither min nor max.
   * @example
   * model.with(clamp(mlp(1).post, { max: 0.1 })).run("Once upon a time");
   */
  export function clamp(target: Target, options: ClampOptions): Intervention;

  interface ClampOptions extends StepOptions {
    /** Lower limit. @default none */
    min?: number;
    /** Upper limit. @default none */
    max?: number;
  }

  /**
   * Adds a multiple of a vector to a value: steering.
   * @throws a vector whose axes do not fit the value.
   * @example
   * const mean = text => model.run(text, { cache: resid(3).pre }).cache.get(resid(3).pre).mean("batch", "pos");
   * const direction = mean("Anna is happy.").sub(mean("Anna is sad."));
   * model.with(add(resid(3).pre, direction, { times: 2 })).generate("Tom is", { max: 5 });
   */
  export function add(target: Target, vector: Tensor, options?: AddOptions): Intervention;

  interface AddOptions extends StepOptions {
    /** Factor of the vector. @default 1 */
    times?: number;
  }

  /**
   * Projects a direction [size], or the span of several [k, size], out of a value.
   * @throws a direction of another size than the value has, or of length 0.
   * @example
   * const direction = model.weights.W_U.at({ dVocab: model.token(" Mary") });
   * model.with(project(resid(4).post, direction)).next("Mary and John gave a drink to");
   */
  export function project(target: Target, directions: Tensor, options?: ProjectOptions): Intervention;

  interface ProjectOptions extends StepOptions {
    /** Whether to keep the part along the directions and remove the rest instead. @default false */
    keep?: boolean;
  }

  // ---- metrics

  /** A token as text or as id. */
  type Token = string | number;

  /** A metric of a run: one number for each row of the batch. */
  interface Metric {
    /** Measures a run whose logits are there at the metric's positions: [batch]. */
    of(run: Run): Tensor;
    toString(): string;
  }

  /** Metrics. Positions count from a row's first real token, or from the end when negative. */
  interface Metrics {
    /** Logit difference: logit[correct] - logit[wrong]. */
    logitDiff(options: LogitDiffOptions): Metric;
    /**
     * Logit of a token, or of one token for each row. In a sweep it costs one inner product per row instead of an
     * unembedding.
     */
    logit(token: Token | Token[], options?: LogitOptions): Metric;
    /** Mean loss of the next token, in nats. */
    loss(options?: LossOptions): Metric;
    /** Log probability of a token, or of one token for each row, in nats. */
    logProb(token: Token | Token[], options?: LogProbOptions): Metric;
    /** Probability of a token or of any of a set of tokens; an array of arrays gives each row its own set. */
    prob(tokens: Token | Token[] | Token[][], options?: ProbOptions): Metric;
    /** Number of tokens that are more probable than this one, or than each row's own; 0 for the most probable. */
    rank(token: Token | Token[], options?: RankOptions): Metric;
    /** Kullback-Leibler divergence KL(run ‖ measured) of the next token's distribution, in nats. */
    kl(run: Run, options?: KlOptions): Metric;
  }

  interface LogitDiffOptions {
    /** The token whose logit is added: one for all rows, or one for each. */
    correct: Token | Token[];
    /** The token whose logit is subtracted: one for all rows, or one for each. */
    wrong: Token | Token[];
    /** The position of the logits. @default -1 */
    pos?: number;
  }

  interface LogitOptions {
    /** The position of the logits. @default -1 */
    pos?: number;
  }

  interface LossOptions {
    /** The first position whose next token counts. @default 0 */
    from?: number;
  }

  interface LogProbOptions {
    /** The position of the logits. @default -1 */
    pos?: number;
  }

  interface ProbOptions {
    /** The position of the logits. @default -1 */
    pos?: number;
  }

  interface RankOptions {
    /** The position of the logits. @default -1 */
    pos?: number;
  }

  interface KlOptions {
    /** The position of the logits. @default -1 */
    pos?: number;
  }

  /**
   * Metrics, computed on the device, one number for each row.
   * @example
   * const lead = metric.logitDiff({ correct: " Mary", wrong: " John" });
   * lead.of(model.run("When Mary and John went to the store, John gave a drink to")).mean();
   */
  export const metric: Metrics;

  // ---- edits of weights

  /** A change of a model's weights, for model.edit. */
  interface WeightEdit {
    toString(): string;
  }

  interface Edit {
    /** Multiplies the weights of heads' circuits, of an MLP or of neurons by a factor. */
    scale(target: WeightPart | Mlp, factor: number): WeightEdit;
    /** Sets the weights of heads' circuits, of an MLP or of neurons to zero. */
    zero(target: WeightPart | Mlp): WeightEdit;
    /** Replaces a matrix of model.weights, or that of one head, by one of the same shape. */
    set(matrix: "W_E" | "W_U" | "normFinal", tensor: Tensor): WeightEdit;
    set(
      matrix: "W_Q" | "W_K" | "W_V" | "W_O" | "W_gate" | "W_up" | "W_down" | "norm1" | "norm2",
      layer: number, tensor: Tensor): WeightEdit;
    set(matrix: "W_Q" | "W_K" | "W_V" | "W_O", layer: number, head: number, tensor: Tensor): WeightEdit;
  }

  /**
   * Edits of weights, for model.edit.
   * @example
   * model.edit(edit.scale(head("2.2").OV, 0.5)).generate("Once upon a", { max: 5 }).text;
   */
  export const edit: Edit;

  // ---- hooks in JavaScript

  /**
   * Passes a value through a JavaScript function, which changes it in place or returns another of the same shape. This
   * is slow: the value leaves the device.
   * @throws a result of another shape than the value. What the function throws ends the run.
   * @example
   * const clip = hook(resid(2).pre, value => value.clip(-5, 5));
   * model.run("Once upon a time", { hooks: [clip] });
   */
  export function hook(
    target: Target,
    change: (value: Tensor, context: HookContext) => Tensor | void,
    options?: StepOptions,
  ): Intervention;

  interface HookContext {
    /** The hook name of the value. */
    readonly name: string;
    /** The layer of the value; undefined if it belongs to none. */
    readonly layer: number;
    /** The head, or the group of heads for keys and values; undefined unless heads are named. */
    readonly head: number;
  }

  // ---- tensors

  /**
   * A tensor of nested arrays, with one axis name for each level: tensor([[1, 2], [3, 4]], ["layer", "head"]).
   * @throws rows of different lengths, or another depth than there are axes.
   * @example
   * tensor([[1, 2], [3, 4]], ["layer", "head"]).mean("head").toArray(); // [1.5, 3.5]
   */
  export function tensor(values: any[] | Float32Array, axes: string | string[]): Tensor;
  /** A tensor of numbers in row-major order, or of one number everywhere: tensor(0, { layer: 4, head: 8 }). */
  export function tensor(values: any[] | Float32Array | number, sizes: { [axis: string]: number }): Tensor;

  /**
   * Loads a tensor from an .npy file (axes axis0, axis1, …) or a .safetensors file, where `name` is needed if the file
   * holds several.
   * @throws a file that does not exist or is of another kind; no name where the file holds several tensors.
   * @example
   * tensor([1, 2, 3], "pos").save("numbers.npy");
   * loadTensor("numbers.npy").sum(); // 6
   */
  export function loadTensor(file: string, name?: string): Tensor;

  /**
   * Joins tensors one after the other along an axis that all have; their other axes are equal, in any order.
   * @throws tensors that differ in another axis.
   * @example
   * concat([tensor([1, 2], "pos"), tensor([3], "pos")], "pos").toArray(); // [1, 2, 3]
   */
  export function concat(tensors: Tensor[], axis: string): Tensor;
  /**
   * Stacks tensors of one shape along a new first axis.
   * @throws tensors of different shapes.
   * @example
   * stack([tensor([1, 2], "pos"), tensor([3, 4], "pos")], "row").shape; // [2, 2]
   */
  export function stack(tensors: Tensor[], axis: string): Tensor;
  /**
   * A sum of products by axis name: einsum("batch pos dModel, dModel dVocab -> batch pos dVocab", a, b). Each tensor
   * has the axes that stand for it, in any order; those that the result does not name are summed over.
   * @throws an axis of the result that no tensor has; an axis with two sizes; tensors that lack an axis.
   * @example
   * const { W_E, W_U } = model.weights;
   * einsum("dVocab dModel, dModel -> dVocab", W_E, W_U.at({ dVocab: 9 })).argmax();
   */
  export function einsum(axes: string, ...tensors: Tensor[]): Tensor;

  /** f32 numbers with named axes. A tensor of one element without axes can be used as a number. */
  interface Tensor {
    /** The names of the axes, outermost first. */
    readonly axes: readonly string[];
    /** The sizes of the axes, outermost first. */
    readonly shape: readonly number[];
    /** The tensor's memory in row-major order: writing to it changes the tensor. An error for a non-contiguous view. */
    readonly data: Float32Array;

    /** One element: get(3, 1) or get({ layer: 3, head: -1 }). */
    get(...index: number[]): number;
    get(index: { [axis: string]: number }): number;
    /**
     * Sets one element, set(3, 1, value), or all elements at an index of some axes, set({ layer: 3 }, value). A Tensor
     * is repeated along axes that it lacks.
     */
    set(...indexAndValue: number[]): this;
    set(index: { [axis: string]: number }, value: number | Tensor): this;
    /** Sets every element in place. */
    fill(value: number | Tensor): this;
    /** The element of a tensor that has exactly one. */
    item(): number;
    /** A copy with its own memory, contiguous. */
    copy(): Tensor;
    /** The elements as nested arrays. */
    toArray(): any;

    /** A view at an index of some axes, without those axes; a negative index counts from the end. */
    at(indices: { [axis: string]: number }): Tensor;
    /** A view of ranges: { pos: [5, 10] } excludes the end, { pos: [-3] } goes to the end. */
    slice(ranges: { [axis: string]: number[] }): Tensor;
    /** A view with the axes in this order; without names, with the last two swapped. */
    transpose(...axes: (string | string[])[]): Tensor;
    /** The same elements in row-major order under other axes. */
    reshape(sizes: { [axis: string]: number }): Tensor;
    /** A view with other axis names: { src: "pos" }. */
    rename(names: { [axis: string]: string }): Tensor;
    /** A view of the elements [i, i + offset] of the last two axes; offset -1 of a pattern is the previous token. */
    diagonal(offset?: number): Tensor;

    /** A copy of some indices of an axis, in this order: gather("pos", [0, 3, -1]). */
    gather(axis: string, indices: number[]): Tensor;
    /** Goes through the rows along the first axis, as views; through the numbers of a tensor with one axis. */
    [Symbol.iterator](): IterableIterator<any>;

    /**
     * 1 at elements that count and 0 at padding, over some of the axes, [batch, pos] of a residual stream; undefined
     * where no row is padded. Values of padded batches have one. Views and arithmetic keep it. Reductions, top,
     * softmax, cumsum, sort, charts and tables leave padding out, and so do dot, matmul and einsum where they sum over
     * a padded axis. A result for which everything was padding is padding itself, and 0. get, data, toArray and
     * iteration read what is in memory, padding included.
     */
    readonly mask: Tensor | undefined;
    /** A view in which elements also count only where `mask` is not 0: t.masked(t.gt(0)).mean(). */
    masked(mask: Tensor): Tensor;
    /** A copy with `value` at padding, where every element counts: t.filled(NaN).toArray(). */
    filled(value: number): Tensor;

    // Two tensors meet element by element where the axes of one are among those of the other, by name; it is repeated
    // along the others. Otherwise it is an error that names both shapes.

    /** Elementwise sum. */
    add(other: Tensor | number): Tensor;
    /** Elementwise difference. */
    sub(other: Tensor | number): Tensor;
    /** Elementwise product. */
    mul(other: Tensor | number): Tensor;
    /** Elementwise quotient. */
    div(other: Tensor | number): Tensor;
    /** Elementwise power. */
    pow(other: Tensor | number): Tensor;
    /** 1 where an element is greater, else 0. */
    gt(other: Tensor | number): Tensor;
    /** 1 where an element is greater or equal, else 0. */
    ge(other: Tensor | number): Tensor;
    /** 1 where an element is less, else 0. */
    lt(other: Tensor | number): Tensor;
    /** 1 where an element is less or equal, else 0. */
    le(other: Tensor | number): Tensor;
    /** 1 where two elements are equal, else 0. */
    eq(other: Tensor | number): Tensor;
    /** Products over the axes of both: axes of the same name are matched, all others are paired. */
    outer(other: Tensor): Tensor;
    /** Products summed over every axis that both tensors have. */
    dot(other: Tensor): Tensor & number;
    /**
     * Matrix product: sums over this tensor's last axis and the other's second to last. The other's leading axes are
     * matched by name.
     */
    matmul(other: Tensor): Tensor & number;
    /** Elementwise absolute value. */
    abs(): Tensor;
    /** Elementwise exponential. */
    exp(): Tensor;
    /** Elementwise natural logarithm. */
    log(): Tensor;
    /** Elementwise square root; NaN of a negative number. */
    sqrt(): Tensor;
    /** Elementwise negation. */
    neg(): Tensor;
    /** Elementwise max(x, 0). */
    relu(): Tensor;
    /** Elementwise 1 / (1 + exp(-x)). */
    sigmoid(): Tensor;
    /** Every element limited to a range; ±Infinity is no bound. */
    clip(min: number, max: number): Tensor;
    /** A function of each element; padding stays as it is. Much slower than the other methods. */
    map(change: (x: number) => number): Tensor;
    /** Softmax along an axis. */
    softmax(axis: string): Tensor;
    /** Sums up to and including each index of an axis. */
    cumsum(axis: string): Tensor;
    /** The elements sorted along an axis, smallest first; NaN comes last, and padding after it. */
    sort(axis: string, options?: SortOptions): Tensor;
    /** The cosine of the angle between vectors along an axis; 0 where one of them is 0. */
    cosine(other: Tensor, axis: string): Tensor;

    /** The sum of all elements, or a Tensor of sums over the named axes. */
    sum(): number;
    sum(...axes: [string | string[], ...string[]]): Tensor;
    /** The mean of all elements, or a Tensor of means over the named axes. */
    mean(): number;
    mean(...axes: [string | string[], ...string[]]): Tensor;
    /** The sample standard deviation (squares divided by n - 1) of all elements, or over the named axes. */
    std(): number;
    std(...axes: [string | string[], ...string[]]): Tensor;
    /** The largest element, or a Tensor of maxima over the named axes; NaN if any element is NaN. */
    max(): number;
    max(...axes: [string | string[], ...string[]]): Tensor;
    /** The smallest element, or a Tensor of minima over the named axes; NaN if any element is NaN. */
    min(): number;
    min(...axes: [string | string[], ...string[]]): Tensor;
    /** The row-major index of the first largest element, or a Tensor of such indices over the named axes. */
    argmax(): number;
    argmax(...axes: [string | string[], ...string[]]): Tensor;
    /** The Euclidean norm of all elements, or over the named axes. */
    norm(): number;
    norm(...axes: [string | string[], ...string[]]): Tensor;
    /** The k largest elements, largest first, each as { layer: 5, head: 1, value: 0.9 }, without NaN and padding. */
    top(k: number): Top[];
    /** Saves the tensor in the run's folder as .npy, or as .safetensors, which keeps the axis names. */
    save(file: string): this;

    toString(): string;
  }

  interface SortOptions {
    /** Whether the largest comes first. @default false */
    descending?: boolean;
  }

  /** An element with its index by axis. */
  interface Top {
    /** The element. */
    readonly value: number;
    /** Its index by axis as one object. */
    readonly index: { readonly [axis: string]: number };
    readonly [axis: string]: any;
  }

  // ---- analysis

  /**
   * Scores of every head, as Tensors [layer, head].
   * @example
   * scores.induction(model).top(3).map(({ layer, head, value }) => `${layer}.${head}: ${value.toFixed(2)}`);
   */
  export const scores: Scores;

  /** Head scores, measured on repeated random tokens; formulas in docs/scores.md. */
  interface Scores {
    /** Mean attention to the token after the last occurrence of the current one (Olsson et al. 2022). */
    induction(model: Model, options?: ScoreOptions): Tensor;
    /** Mean attention to the previous token. */
    previousToken(model: Model, options?: ScoreOptions): Tensor;
    /** Mean attention to the current token. */
    currentToken(model: Model, options?: ScoreOptions): Tensor;
    /** Mean attention to the first token. */
    firstToken(model: Model, options?: ScoreOptions): Tensor;
    /** Mean attention to the last occurrence of the current token. */
    duplicateToken(model: Model, options?: ScoreOptions): Tensor;
    /** Mean attention to all tokens after earlier occurrences of the current one (Olsson et al. 2022). */
    prefixMatching(model: Model, options?: ScoreOptions): Tensor;
    /** Copying score of the full OV circuit, Σ Re λ / Σ |λ|, between -1 and 1 (Elhage et al. 2021). */
    copying(model: Model): Tensor;
  }

  interface ScoreOptions {
    /** Length of the random segment, in tokens. @default 50, or 25 repeated four times for prefixMatching */
    length?: number;
    /** Number of rows. @default 4 */
    batch?: number;
    /** Seed of the tokens. @default the run's seed */
    seed?: number;
  }

  // ---- circuits of heads, from weights alone

  interface OvOptions {
    /** Whether the gains of the norm before attention, and of the last norm in full(), are included. @default false */
    fold?: boolean;
  }

  interface QkOptions extends OvOptions {
    /** Destination minus source position; sets the rotation between query and key. @default 0 */
    offset?: number;
  }

  /**
   * A map of the residual stream [dModel, dModel] as the product of two thin matrices, which is never multiplied out.
   * dense, diagonal, top and copyingScore are those of the full circuit over the vocabulary: W_E · this · W_U for an OV
   * circuit, W_E · this · W_Eᵀ for a QK circuit.
   */
  interface FactoredMatrix {
    /** The numbers of rows and columns. */
    readonly shape: readonly number[];
    /** Rank bound: the inner dimension of the factors (dHead for a head). */
    readonly rank: number;
    /** The left factor [row, rank]; left.matmul(right) is the matrix. */
    readonly left: Tensor;
    /** The right factor [rank, dModel]; of full(), [rank, dVocab]. */
    readonly right: Tensor;
    /** The matrix product: this map, then the other. */
    times(other: FactoredMatrix): FactoredMatrix;
    /** The sum: several heads as one. */
    add(other: FactoredMatrix): FactoredMatrix;
    /** The matrix multiplied by a number. */
    scale(factor: number): FactoredMatrix;
    /** The transposed matrix. */
    transpose(): FactoredMatrix;
    /** The full circuit over the vocabulary [dVocab, dVocab], in factors. */
    full(): FactoredMatrix;
    /** The Frobenius norm. */
    norm(): number;
    /** The sum of the diagonal. */
    trace(): number;
    /** Copying score of the full circuit (Elhage et al. 2021), Σ Re λ / Σ |λ|: 1 if each token raises its own logit. */
    copyingScore(): number;
    /** The singular value decomposition U · diag(S) · Vᵀ. */
    svd(): Svd;
    /** The eigenvalues that can be nonzero, as many as the rank bound, largest magnitude first. */
    eigenvalues(): Eigenvalues;
    /**
     * Elements of the full circuit between tokens, texts or ids [row, column]. By default rows are all tokens and
     * columns equal rows.
     */
    dense(rows?: (string | number)[], columns?: (string | number)[]): Tensor;
    /** Elements of the full circuit between each token and itself [dVocab]. */
    diagonal(): Tensor;
    /** The k largest elements of the full circuit. */
    top(k: number): Entry[];
    toString(): string;
  }

  interface Svd {
    /** Left singular vectors [row, component]. */
    readonly U: Tensor;
    /** Singular values, largest first [component]. */
    readonly S: Tensor;
    /** Right singular vectors [column, component]. */
    readonly V: Tensor;
  }

  interface Eigenvalues {
    /** Real parts [component]. */
    readonly re: Tensor;
    /** Imaginary parts [component]. */
    readonly im: Tensor;
  }

  /** An element of a full circuit. */
  interface Entry {
    /** The id of the row's token: the source token of an OV circuit, the destination of a QK circuit. */
    row: number;
    /** The id of the column's token: the predicted token of an OV circuit, the source of a QK circuit. */
    column: number;
    /** The row's token as a piece. */
    from: string;
    /** The column's token as a piece. */
    to: string;
    /** The element. */
    value: number;
  }

  /**
   * Composition score of pairs of heads (Elhage et al. 2021): ‖OV · M‖ / (‖OV‖ ‖M‖), where M is the later head's QK for
   * queries, QKᵀ for keys, OV for values. [fromLayer, fromHead, toLayer, toHead]; NaN for heads that are not named and
   * unless `to` lies in a later layer.
   * @throws no head of `to` in a later layer than one of `from`.
   * @example
   * composition(model, { kind: "K", from: heads("1.*"), to: heads("2.*") }).top(1);
   */
  export function composition(model: Model, options: CompositionOptions): Tensor;

  interface CompositionOptions {
    /** The input by which the later head reads: queries, keys or values. */
    kind: "Q" | "K" | "V";
    /** The heads that write. @default all heads */
    from?: Heads | string | Head[];
    /** The heads that read. @default all heads */
    to?: Heads | string | Head[];
    /** Destination minus source position, for Q and K; sets the rotation between query and key. @default 0 */
    offset?: number;
    /** Whether to subtract 1/√dModel, the score of random subspaces. @default false */
    baseline?: boolean;
    /** Whether the gain of the later head's norm is included. @default false */
    fold?: boolean;
  }

  // ---- sweeps and patching

  /**
   * The metric's mean over the prompts for each of many changed models, equal to that of running each cell alone. Its
   * axes are [layer, head] for heads (NaN for heads not named), [layer] for layers and MLPs, [cell] for an array, and
   * the named axes for an object.
   * @example
   * const lead = metric.logitDiff({ correct: " Mary", wrong: " John" });
   * sweep(model, "When Mary and John went to the store, John gave a drink to", {
   *   over: heads(),
   *   apply: one => ablate(one, { with: "zero" }),
   *   metric: lead,
   * }); // [layer, head]
   */
  export function sweep(model: Model, input: Input, options: SweepOptions<Heads, Head>): Tensor;
  export function sweep(model: Model, input: Input, options: SweepOptions<Layer, Layer>): Tensor;
  export function sweep(model: Model, input: Input, options: SweepOptions<Mlp, Mlp>): Tensor;
  export function sweep<T>(model: Model, input: Input, options: SweepOptions<T[], T>): Tensor;
  export function sweep<Axes extends { [axis: string]: number | readonly unknown[] }>(
    model: Model, input: Input,
    options: SweepOptions<Axes, { [A in keyof Axes]: Axes[A] extends readonly (infer V)[] ? V : number }>): Tensor;

  interface SweepOptions<Over, Cell> {
    /** The cells: heads, layers, MLPs, an array of anything, or axes by name, each with its values or their number. */
    over: Over;
    /** Makes the interventions of a cell. @default the cells are interventions themselves */
    apply?: (cell: Cell) => Intervention | Intervention[];
    /** The metric of each cell. */
    metric: MetricLike;
  }

  /**
   * A declared metric, or a function of each cell's whole run, which is slow. A Tensor [batch] has one number for each
   * row, of which the mean is taken. The function may read any value from the run's cache.
   */
  type MetricLike = Metric | ((run: Run) => number | Tensor);

  interface Patching {
    /**
     * Activation patching: the metric of one run with one part of it taken from the other run, for every part. The axes
     * are those of `by`, in that order.
     * @throws clean and corrupted prompts of different lengths; an axis that the value does not have; `normalize`
     * where the metric does not tell the prompts apart.
     */
    activation(model: Model, options: ActivationOptions): Tensor;
    /**
     * Exact path patching (Wang et al. 2022): the metric of the clean run when a sender's output reaches the receivers
     * as in the corrupted run, through MLPs but through no other head. [layer, head] for heads, [layer] for MLPs,
     * [sender] for an array; NaN for a sender that comes before no receiver.
     * @throws a receiver that is neither a q, k or v of heads, nor an MLP, nor "logits".
     */
    path(model: Model, options: PathOptions & { linear: true }): PathComparison;
    path(model: Model, options: PathOptions): Tensor;
    /**
     * Attribution patching (Nanda 2023; Syed et al. 2023): (corrupted - clean) · ∂metric/∂value, a first-order estimate
     * of the change of the clean run's metric when a part takes its corrupted value. By head [layer, head], by position
     * [layer, pos] of the residual stream entering each layer, by neuron [layer, neuron], by node, or by edge.
     * @throws a metric that is a function.
     */
    attribution(model: Model, options: AttributionOptions & { by: "node" }): AttributedNodes;
    attribution(model: Model, options: AttributionOptions & { by: "edge" }): AttributedEdges;
    attribution(model: Model, options: AttributionOptions): Tensor;
    /** Path patching backwards: the strongest senders to the receivers, then to the q, k and v of those, and so on. */
    iterate(model: Model, options: IterateOptions): PathGraph;
  }

  /**
   * Activation, path and attribution patching.
   * @example
   * const clean = "When Mary and John went to the store, John gave a drink to";
   * const corrupted = "When Mary and John went to the store, Mary gave a drink to";
   * patching.activation(model, {
   *   clean,
   *   corrupted,
   *   metric: metric.logitDiff({ correct: " Mary", wrong: " John" }),
   *   site: "z",
   *   by: ["layer", "head"],
   * });
   */
  export const patching: Patching;

  interface AttributionOptions {
    /** Prompts whose answer is right. */
    clean: Input;
    /** The same prompts with the relevant tokens changed; each row is as long as its clean row. */
    corrupted: Input;
    /** The metric, a declared one. */
    metric: Metric;
    /** The parts that are scored. @default "head" */
    by?: "head" | "position" | "neuron" | "node" | "edge";
    /** Number of points between clean and corrupted embeddings at which the gradient is averaged. @default 1 */
    steps?: number;
  }

  interface AttributedNodes {
    /** "embed", heads as "3.1", MLPs as "mlp 3", in the order of computation. */
    readonly nodes: readonly string[];
    /** The score of each node [node]. */
    readonly scores: Tensor;
    /** The nodes of the largest absolute scores. */
    top(count: number): { node: string; score: number }[];
  }

  interface AttributedEdges {
    /** "embed", heads as "3.1", MLPs as "mlp 3", in the order of computation. */
    readonly senders: readonly string[];
    /**
     * Heads' inputs as "3.1.q", MLPs as "mlp 3", "logits". Heads that share keys and values are one receiver, named by
     * the first of them.
     */
    readonly receivers: readonly string[];
    /** The score of each edge [sender, receiver]; NaN unless the sender comes before the receiver. */
    readonly scores: Tensor;
    /** The edges of the largest absolute scores. */
    top(count: number): { from: string; to: string; score: number }[];
  }

  interface ActivationOptions {
    /** Prompts whose answer is right. */
    clean: Input;
    /** The same prompts with the relevant tokens changed; each row is as long as its clean row. */
    corrupted: Input;
    /** The metric of each cell. */
    metric: MetricLike;
    /** The value that is patched. */
    site:
      | "resid_pre" | "resid_mid" | "resid_post" | "attn_out" | "mlp_out" | "mlp_in" | "mlp_pre" | "mlp_post"
      | "z" | "q" | "k" | "v" | "rot_q" | "rot_k" | "result" | "scores" | "pattern";
    /** Axes of the result; others are patched as a whole. For shared keys and values, "head" becomes [kvHead]. */
    by: ("layer" | "head" | "pos" | "dest" | "src")[];
    /**
     * "denoise" puts clean values into the corrupted run, "noise" corrupted values into the clean run.
     * @default "denoise"
     */
    direction?: "denoise" | "noise";
    /**
     * The positions along pos or dest, each one for all prompts or one for each prompt.
     * @default all, counted from the end if the prompts differ in length
     */
    positions?: (number | number[])[];
    /** Whether to return (cell - corrupted) / (clean - corrupted) instead of the metric itself. @default false */
    normalize?: boolean;
  }

  interface PathOptions {
    /** Prompts whose answer is right. */
    clean: Input;
    /** The same prompts with the relevant tokens changed; each row is as long as its clean row. */
    corrupted: Input;
    /** The metric of each cell. */
    metric: MetricLike;
    /** The senders, each patched alone. @default all heads */
    senders?: Sender | Sender[];
    /** The ends of the paths, all patched together. */
    receivers: Receiver | Receiver[];
    /** Whether to patch a second time with the norms' scales held at those of the clean run. @default false */
    linear?: boolean;
  }

  /** A component that writes to the residual stream: heads, MLPs, "embed". */
  type Sender = Heads | Mlp | string;

  /** A component that reads from the residual stream: head("8.6").q, .k or .v, mlp(7), "logits". */
  type Receiver = Site | Mlp | "logits";

  interface PathComparison {
    /** The metric with everything on the path recomputed. */
    readonly exact: Tensor;
    /** The metric with the norms' scales held at those of the clean run. */
    readonly linear: Tensor;
    /** exact - linear. */
    readonly difference: Tensor;
  }

  interface IterateOptions {
    /** Prompts whose answer is right. */
    clean: Input;
    /** The same prompts with the relevant tokens changed; each row is as long as its clean row. */
    corrupted: Input;
    /** The metric of each path. */
    metric: MetricLike;
    /** The receivers to start from. @default "logits" */
    receivers?: Receiver | Receiver[];
    /** Maximum number of senders followed from each receiver. @default 3 */
    top?: number;
    /** Number of rounds. @default 3 */
    depth?: number;
    /** Smallest effect followed, as a share of the metric's difference between clean and corrupted. @default 0.02 */
    threshold?: number;
  }

  interface PathGraph {
    /** The heads found, as "layer.head". */
    readonly nodes: readonly string[];
    /** The paths, in the order in which they were found. */
    readonly edges: readonly PathEdge[];
  }

  interface PathEdge {
    /** The sending head: "5.1". */
    readonly from: string;
    /** The receiver: "7.2.k", "logits". */
    readonly to: string;
    /** The change of the metric when the path is patched. */
    readonly effect: number;
  }

  // ---- circuits

  /**
   * A circuit: named groups of heads and MLPs, and edges between them, which must lead to later layers. "embed" and
   * "logits" are nodes of every circuit.
   * @throws a node that an edge names and that does not exist; an edge that leads to no later layer.
   * @example
   * circuit("induction", {
   *   nodes: { previous: "1.0", induction: ["2.1", "2.2"] },
   *   edges: [["previous", "induction.k"], ["induction", "logits"]],
   * }).draw();
   */
  export function circuit(name: string, options: CircuitOptions): Circuit;
  export namespace circuit {
    /** Loads a circuit that was saved. */
    function load(file: string): Circuit;
    /**
     * Finds a circuit by pruning (Conmy et al. 2023). By node: from the last layer to the first, heads are knocked out
     * if that changes the metric by less than the threshold; the edges are the paths between the remaining heads whose
     * effect reaches the threshold. By edge: from the logits backwards, an edge is cut unless that moves the metric
     * further from the model's by at least the threshold.
     */
    function discover(model: Model, options: DiscoverOptions): Circuit;
    /**
     * Faithfulness of circuits of growing size (Mueller et al. 2025). The circuit of size s consists of the share s of
     * all parts, those with the largest absolute scores; all other parts are ablated. Scores of edges give circuits of
     * edges; scores of nodes, circuits of heads and MLPs; a Tensor [layer, head], circuits of heads with every MLP.
     */
    function curve(model: Model, options: CurveOptions): CircuitCurve;
  }

  interface CircuitOptions {
    /** Heads and MLPs by the name of their node: "1.22", ["6.9", "7.4"], mlp(3). */
    nodes: Record<string, string | Head | Mlp | (string | Head | Mlp)[]>;
    /**
     * Pairs of nodes, as in ["previous", "induction.k"]; .q, .k or .v names the input of the receiving heads. An effect
     * sets the width of the drawn edge.
     * @default none
     */
    edges?: ([from: string, to: string] | { from: string; to: string; effect?: number })[];
  }

  interface DiscoverOptions {
    /** Prompts whose answer is right. */
    clean: Input;
    /** The same prompts with the relevant tokens changed; each row is as long as its clean row. */
    corrupted: Input;
    /** The metric; by edge, a declared one. */
    metric: MetricLike;
    /**
     * Smallest effect kept, as a share of the metric's difference between clean and corrupted.
     * @default 0.05 by node, 0.005 by edge
     */
    threshold?: number;
    /**
     * Replacement of pruned parts: the mean over the corrupted prompts, or each prompt's own corrupted value.
     * @default "resample"
     */
    ablate?: "mean" | "resample";
    /** What is pruned: heads and MLPs, or single edges as in ACDC (Conmy et al. 2023). @default "node" */
    by?: "node" | "edge";
    /** Whether MLPs are pruned too, by node; otherwise all are kept. @default false */
    mlps?: boolean;
    /** The circuit's name. @default "discovered circuit" */
    name?: string;
  }

  interface CurveOptions {
    /** Prompts whose answer is right. */
    clean: Input;
    /** The same prompts with the relevant tokens changed; each row is as long as its clean row. */
    corrupted: Input;
    /** The metric; for scores of edges, a declared one. */
    metric: MetricLike;
    /** The importance of every part, as patching.attribution gives it by node or by edge; or of heads [layer, head]. */
    scores: AttributedNodes | AttributedEdges | Tensor;
    /**
     * The sizes of the circuits, as increasing shares of all parts.
     * @default [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]
     */
    sizes?: readonly number[];
    /**
     * Replacement of ablated parts: the mean over the corrupted prompts, or each prompt's own corrupted value.
     * @default "resample"
     */
    ablate?: "mean" | "resample";
  }

  /** F(X) is the metric with everything outside X ablated, N the whole model, ∅ the circuit without parts. */
  interface CircuitCurve {
    /** The sizes of the circuits, as shares of all parts. */
    readonly sizes: readonly number[];
    /** The number of parts of each circuit. */
    readonly counts: readonly number[];
    /** F(C) of each circuit C [size]. */
    readonly metric: Tensor;
    /** (F(C) - F(∅)) / (F(N) - F(∅)) of each circuit C [size]. */
    readonly faithfulness: Tensor;
    /** F(N). */
    readonly model: number;
    /** F(∅). */
    readonly none: number;
    /** Integrated circuit performance ratio: the area under the faithfulness over the sizes; higher is better. */
    readonly cpr: number;
    /** Integrated circuit-model distance: the area between the faithfulness and 1 over the sizes; 0 is best. */
    readonly cmd: number;
  }

  interface Circuit {
    /** The circuit's name. */
    readonly name: string;
    /** The members of each node: "1.22" or "mlp 3". */
    readonly nodes: Readonly<Record<string, readonly string[]>>;
    /** The edges; `to` ends in .q, .k or .v if that is known. */
    readonly edges: readonly { readonly from: string; readonly to: string; readonly effect?: number }[];
    /**
     * Measures how much of the model's behaviour the circuit explains (Wang et al. 2022). Everything outside it is
     * knocked out: all other heads, and all other MLPs if the circuit names any; or all other edges.
     */
    evaluate(model: Model, options: EvaluateOptions): CircuitEvaluation;
    /** Draws the graph, earliest layer at the bottom; width is the effect, blue edges lower the metric when patched. */
    draw(options?: DrawOptions): Chart;
    /** Saves the circuit as JSON in the run's folder; circuit.load opens it. */
    save(file: string): Circuit;
    toString(): string;
  }

  interface EvaluateOptions {
    /** Prompts whose answer is right. */
    clean: Input;
    /** The same prompts with the relevant tokens changed; each row is as long as its clean row. */
    corrupted: Input;
    /** The metric; by edge, a declared one. */
    metric: MetricLike;
    /**
     * Replacement of knocked-out parts: the mean over the corrupted prompts at each position, or each prompt's own
     * corrupted value.
     * @default "mean"
     */
    ablate?: "mean" | "resample";
    /** What is knocked out: all nodes outside the circuit, or all edges outside it. @default "node" */
    by?: "node" | "edge";
  }

  interface DrawOptions {
    /** The picture's title. @default the circuit's name */
    title?: string;
    /** Width of the figure; a wider graph is made smaller with its text. @default by the size of the graph */
    width?: FigureWidth;
  }

  /** F(X) is the metric with everything outside X knocked out, M the whole model, C the circuit. */
  interface CircuitEvaluation {
    /** F(M). */
    readonly model: number;
    /** F(C). */
    readonly circuit: number;
    /** F(C) / F(M). */
    readonly faithfulness: number;
    /** 1 - max over K of |F(C∖K) - F(M∖K)| / |F(M)|, where K is empty, each node, or all of C. */
    readonly completeness: number;
    /** For each node v, max over K of |F(C∖K∖v) - F(C∖K)| / |F(M)|, where K is empty or another node; 0 if unneeded. */
    readonly minimality: Readonly<Record<string, number>>;
    /** For each node v, F(C∖v) and F(M∖v). */
    readonly without: Readonly<Record<string, { readonly circuit: number; readonly model: number }>>;
  }

  // ---- analyses of a run; values that the run did not keep are taken from a second run of the same

  /**
   * Direct logit attribution: what every part of the model adds directly to a logit.
   * @example
   * const gave = model.run("When Mary and John went to the store, John gave a drink to");
   * attribution.direct(gave, { correct: " Mary", wrong: " John", by: "head" }).mean("batch").top(3);
   */
  export const attribution: Attribution;

  interface Attribution {
    /**
     * The contribution of every part to a logit or a logit difference: [batch, component] (embed, attn 0, mlp 0, …) or
     * by layer [batch, component], which sum to it exactly; by head [batch, layer, head]; by neuron
     * [batch, layer, dMlp].
     * @throws neither `token` nor `correct`, or both; a run whose last normalized value was changed.
     */
    direct(run: Run, options: DirectOptions): Tensor;
    /**
     * The names of the components: "embed", "attn 0", "mlp 0", …, or "embed", "layer 0", …; and "interventions" if some
     * write to the residual stream.
     */
    labels(run: Run, by?: "component" | "layer"): string[];
  }

  interface DirectOptions {
    /** The token whose logit is attributed: text (" Mary") or id, one for all rows or one for each. @default none */
    token?: OneToken;
    /** The same token in a logit difference, correct - wrong. @default none */
    correct?: OneToken;
    /** The token whose logit is subtracted. @default none */
    wrong?: OneToken;
    /** The position, from a row's first real token, or from the end when negative. @default -1 */
    pos?: number;
    /** The parts. @default "component" */
    by?: "component" | "layer" | "head" | "neuron";
    /** Whether components are summed cumulatively from the first on. @default false */
    cumulative?: boolean;
  }

  /** One token for all rows, or one for each. */
  type OneToken = string | number | (string | number)[];

  /**
   * Logit lens: the residual stream after each layer through the last norm, computed anew, and the unembedding.
   * @throws a position outside the rows.
   * @example
   * logitLens(model.run("The capital of Zorland is"), { pos: -1, top: 3 });
   */
  export function logitLens(run: Run, options?: LogitLensOptions): LogitLens;

  interface LogitLensOptions {
    /** What is decoded: the residual stream, or the output of each layer's attention or MLP. @default "residual" */
    of?: "residual" | "attention" | "mlp";
    /** Positions. @default all */
    pos?: number | number[];
    /** Number of most probable tokens kept. @default 5 */
    top?: number;
    /** A token to follow through the layers. @default none */
    token?: OneToken;
  }

  interface LogitLens {
    /** The names of the layers: "embed", "after 0", … (the last is the model's prediction); or "attn 0", "mlp 0", …. */
    readonly layers: readonly string[];
    /** The pieces at the chosen positions, row by row. */
    readonly positions: readonly (readonly string[])[];
    /** Ids of the most probable tokens [batch, layer, pos, rank]. */
    readonly tokens: Tensor;
    /** The pieces of the most probable tokens [batch][layer][pos][rank]. */
    readonly pieces: string[][][][];
    /** The probabilities of the most probable tokens [batch, layer, pos, rank]. */
    readonly probabilities: Tensor;
    /** The token that is followed; an error unless one was named. */
    readonly token: Followed;
    toString(): string;
  }

  interface Followed {
    /** Its logit [batch, layer, pos]. */
    readonly logit: Tensor;
    /** Its probability [batch, layer, pos]. */
    readonly probability: Tensor;
    /** Number of tokens that are more probable [batch, layer, pos]. */
    readonly rank: Tensor;
  }

  /**
   * Searches for a suffix of a prompt, or of several at once, that makes a continuation probable: greedy coordinate
   * gradient (Zou et al. 2023). Each step estimates from the gradient which replacements of one token lower the loss
   * most, measures some of them, and takes the best.
   *
   *     attack(model, { prompt: "Say a word. {} Answer:", target: " lamp", length: 8, steps: 50 })
   * @throws a length below 1; prompts and targets of different numbers.
   * @example
   * attack(model, { prompt: "Say a word. {} Answer:", target: " lamp", length: 4, steps: 2 }).text;
   */
  export function attack(model: Model, options: AttackOptions): Attack;

  interface AttackOptions {
    /**
     * The prompt, or several, whose losses are averaged. The suffix stands at its end, or at `{}` in its text (a space
     * before it is left to the suffix), or between `before` and `after`.
     */
    prompt: Input | AttackPrompt | AttackPrompt[];
    /** The continuation that becomes probable: one for all prompts, or one for each. */
    target: Input;
    /** Number of tokens of the suffix. @default 10 */
    length?: number;
    /** Number of steps. @default 100 */
    steps?: number;
    /** Number of replacements measured in each step. @default 64 */
    candidates?: number;
    /** Number of most promising tokens at each position, among which replacements are drawn. @default 64 */
    top?: number;
    /** The loss, in nats per token of the target, at which the search ends. @default 0 */
    until?: number;
    /** The seed of the draws. @default the run's seed */
    seed?: number;
    /** Tokens that the suffix must not contain. @default none */
    avoid?: (string | number)[];
  }

  interface AttackPrompt {
    /** What stands in front of the suffix. */
    before: Input;
    /** What stands between the suffix and the target, such as the end of a chat template. @default nothing */
    after?: Input;
  }

  interface Attack {
    /** The text of the suffix, which is encoded as the same tokens. */
    readonly text: string;
    /** The ids of the suffix. */
    readonly suffix: readonly number[];
    /** Each prompt with the suffix. */
    readonly tokens: Tokens;
    /** The mean of -log p over the tokens of the target and over the prompts, in nats, with the best suffix found. */
    readonly loss: number;
    /** The loss of the first suffix, which repeats one token, and after each step. */
    readonly history: readonly number[];
  }

  /**
   * Attention rollout (Abnar and Zuidema 2020) [batch, dest, src]: the share of each source in each destination, from
   * attention and the residual stream alone.
   * @example
   * rollout(model.run("Once upon a time")).at({ batch: 0, dest: -1 }); // [src]
   */
  export function rollout(run: Run): Tensor;

  /**
   * Distances between the residual streams of two positions, entering each layer and leaving the last.
   * @throws a position outside the rows.
   * @example
   * residualDistance(model.run("Mary and John"), { pairs: [[1, 3]] }).cosine; // [batch, pair, layer]
   */
  export function residualDistance(run: Run, options: ResidualDistanceOptions): ResidualDistance;

  interface ResidualDistanceOptions {
    /** Pairs of positions: [[3, 7], [2, -1]]. */
    pairs: number[][];
  }

  interface ResidualDistance {
    /** Euclidean distance [batch, pair, layer]. */
    readonly distance: Tensor;
    /** Cosine of the angle [batch, pair, layer]. */
    readonly cosine: Tensor;
  }

  /**
   * The tokens that neurons promote: rows of W_down through the last norm's gain and the unembedding.
   * @throws a neuron that the layer does not have.
   * @example
   * neuronTokens(model, { layer: 4, neurons: [0, 1], top: 3 });
   */
  export function neuronTokens(model: Model, options: NeuronTokensOptions): Neuron[];

  interface NeuronTokensOptions {
    /** The MLP's layer. */
    layer: number;
    /** Neurons. @default all */
    neurons?: number | number[];
    /** Number of tokens of each neuron. @default 10 */
    top?: number;
  }

  interface Neuron {
    /** The neuron's layer. */
    layer: number;
    /** Its index in the layer. */
    neuron: number;
    /** The pieces that it promotes most, strongest first. */
    tokens: string[];
    /** Increase of their logits per unit of activation, before the last norm's scale. */
    logits: number[];
  }

  // ---- datasets and surveys

  /**
   * Texts of any number, read as a stream of rows of tokens: a file (.jsonl, .txt, .csv, .tsv or .parquet, compressed
   * with gzip or zstd or not), several files, or texts, records or rows of ids in an array. See docs/datasets.md.
   * @example
   * const data = dataset(["Once upon a time", "Tom has a red ball."], { length: 64 });
   * print(data.tokens(model).shape);
   */
  export function dataset(
    source: string | readonly string[] | readonly object[] | readonly (readonly number[])[], options?: DatasetOptions,
  ): Dataset;

  interface Dataset {
    /** All rows, or the first ones, as Tokens in memory: for sweeps, patching and runs. At most a million rows. */
    tokens(model: Model, options?: DatasetTokensOptions): Tokens;
    toString(): string;
  }

  interface DatasetTokensOptions {
    /** How many rows, from the first. @default all */
    rows?: number;
  }

  interface DatasetOptions {
    /** The column that holds the text. @default "text" */
    column?: string;
    /** A text of several columns: "{question} {answer}"; {{ stands for {. @default the column alone */
    template?: string;
    /** What a document of a .txt file is. @default "line" */
    documents?: "line" | "paragraph";
    /** Whether documents are joined and cut into rows of `length` tokens; else a document is a row. @default false */
    pack?: boolean;
    /** Most tokens of a row; longer documents are cut there. @default the model's context */
    length?: number;
    /**
     * Whether a row begins with the model's BOS, if its texts do; "document" puts one in front of each document, and so
     * inside packed rows. @default true
     */
    bos?: boolean | "document";
    /** Whether documents end with the tokenizer's EOS. @default false */
    eos?: boolean;
    /** Whether texts of special tokens, such as "<|im_end|>", are read as these tokens. @default false */
    special?: boolean;
    /** Most rows. @default all */
    limit?: number;
    /**
     * Shuffles documents in bounded memory: the next one is drawn from among so many that wait, 10,000 for true.
     * @default false
     */
    shuffle?: boolean | number;
    /** Seed of the shuffle. @default the run's seed */
    seed?: number;
    /** The share of documents that are taken, by a hash of their text: [0, 0.9] and [0.9, 1] have none in common.
     * @default all */
    split?: [number, number];
    /** How many invalid records are left out, counted and named; one more is an error. @default 100 */
    invalid?: number;
  }

  /**
   * One pass of a model over a dataset, with several collectors at once. It shows progress and goes on after a stop
   * with `lens run --resume`. What was found is under the collectors' names; `read` tells what was read.
   * @example
   * const data = dataset(["Once upon a time", "Tom has a red ball."]);
   * const found = survey(model, data, { collect: { loss: collect.loss(), mean: collect.mean(heads().z) } });
   * print(found.read, found.loss, found.mean.get(head("1.2").z));
   */
  export function survey<C extends { [name: string]: Collector<any> }>(
    model: Model, data: Dataset, options: { collect: C } & SurveyOptions,
  ): { readonly [Name in keyof C]: C[Name] extends Collector<infer Result> ? Result : never }
    & { readonly read: SurveyRead };

  interface SurveyOptions {
    /** What is collected, by name: collectors that `collect` makes. */
    collect: { [name: string]: Collector };
    /** Interventions on every run. @default none */
    hooks?: (Intervention | Intervention[])[];
    /** Most rows of a batch. @default as many as make 2,048 tokens, and fit */
    batch?: number;
    /** The positions read of sites that name none, from a row's first token or negative from its end. @default all */
    at?: number | number[];
    /** Whether what was found is kept during the run, so that `lens run --resume` goes on from it. @default true */
    resume?: boolean;
  }

  /** What a survey has read. */
  interface SurveyRead {
    /** Rows of tokens. */
    readonly rows: number;
    /** Tokens of all rows. */
    readonly tokens: number;
    /** Texts that became tokens. */
    readonly documents: number;
    /** Records without text. */
    readonly empty: number;
    /** How many records were invalid. */
    readonly invalid: number;
    /** The first invalid records, each with its place and the reason. */
    readonly named: readonly string[];
    /** Rows with a value that is NaN or infinite, which no collector counts, each with its place and the value. */
    readonly leftOut: readonly string[];
    toString(): string;
  }

  /** What a survey collects; `collect` makes collectors. */
  interface Collector<Result = any> {
    toString(): string;
  }

  /**
   * Makes the collectors of a survey. Padding never counts.
   * @example
   * const data = dataset(["Once upon a time", "Tom has a red ball."]);
   * const { most } = survey(model, data, { collect: { most: collect.top(mlp(2).post, { k: 3 }) } });
   * print(most.examples(mlp(2).post, 17));
   */
  export const collect: Collect;

  interface Collect {
    /** The mean over all tokens, or of each position. Its result is what ablate(…, { with: "mean", over }) takes. */
    mean(target: Target, options?: CollectMeanOptions): Collector<SurveyMeans>;
    /** The covariance of all pairs of coordinates, with division by n - 1: [dModel, dModel2]. */
    covariance(target: Target, options?: CollectCovarianceOptions): Collector<SurveyMeans>;
    /** How often values lie in each bin: exact counts. */
    histogram(target: Target, options?: CollectHistogramOptions): Collector<SurveyHistograms>;
    /** Quantiles, each within 1/256 of its value. */
    quantiles(target: Target, options?: CollectQuantilesOptions): Collector<SurveyQuantiles>;
    /**
     * The rows where each neuron, head or direction is largest, one place a row, with the tokens around it. A head's
     * number is the length (L2 norm) of its vector, a direction's the inner product.
     */
    top(target: Target, options?: CollectTopOptions): Collector<SurveyTop>;
    /** The share of tokens at which a number is greater than `above`. */
    frequency(target: Target, options?: CollectFrequencyOptions): Collector<SurveyMeans>;
    /**
     * The values themselves: safetensors files in a folder of the run, and an index of the rows in them.
     */
    store(target: Target, folder: string): Collector<Table>;
    /** The next-token loss over all tokens that have a next one. */
    loss(): Collector<SurveyLoss>;
    /** A metric of every row [row]; its tokens are those of all rows. */
    metric(metric: Metric): Collector<Tensor>;
  }

  interface CollectMeanOptions {
    /** Over rows and positions ("all"), or over the rows of each position from a row's first token. @default "all" */
    by?: "all" | "position";
    /** Takes the inner product with this direction [dModel], or with several [direction, dModel]. @default none */
    direction?: Tensor;
  }

  interface CollectCovarianceOptions {}

  interface CollectHistogramOptions {
    /** How many bins; without a range at most so many, rounded down to a power of two. @default 64 */
    bins?: number;
    /**
     * The first edge and the last; without it bins are as narrow as their number allows, with a width that is a power
     * of two. @default found from the values
     */
    range?: [number, number];
    /** Counts all numbers of a value together, or those of each neuron or head. @default "all" */
    per?: "all" | "neuron" | "head";
    /** Counts the inner products with each direction. @default none */
    direction?: Tensor;
  }

  interface CollectQuantilesOptions {
    /** Of all numbers of a value together, or of each neuron or head. @default "all" */
    per?: "all" | "neuron" | "head";
    /** Of the inner products with each direction. @default none */
    direction?: Tensor;
  }

  interface CollectTopOptions {
    /** How many rows of each neuron, head or direction. @default 20 */
    k?: number;
    /** Tokens kept on either side of the place. @default 10 */
    context?: number;
    /** Whether each coordinate is followed, or the length of each head's vector. @default "neuron" */
    per?: "neuron" | "head";
    /** Follows the inner product with each direction. @default none */
    direction?: Tensor;
    /** Whether the largest numbers are sought, or the smallest. @default true */
    largest?: boolean;
  }

  interface CollectFrequencyOptions {
    /** The number that counts as reached when exceeded. @default 0 */
    above?: number;
    /** Of each coordinate, or of the length of each head's vector. @default "neuron" */
    per?: "neuron" | "head";
    /** Of the inner product with each direction. @default none */
    direction?: Tensor;
  }

  /** Means, covariances or shares of tokens that a survey has found, by value. */
  interface SurveyMeans {
    /** The hook names of the values, in order. */
    readonly names: readonly string[];
    /** All values in one tensor, along a first axis layer where there are several. */
    readonly tensor: Tensor;
    /** The numbers of a value, or of one head; without a site, of the only value. */
    get(site?: Target): Tensor;
    toString(): string;
  }

  interface SurveyQuantiles {
    /** The hook names of the values, in order. */
    readonly names: readonly string[];
    /** The number below which a share `q` lies: one for all, or a Tensor of neurons, heads or directions. */
    get(q: number, site?: Target): any;
    toString(): string;
  }

  interface SurveyHistograms {
    /** The hook names of the values, in order. */
    readonly names: readonly string[];
    /** The bins of a value; where neurons or directions are apart, of the one with this number. */
    get(site?: Target, number?: number): SurveyBins;
    toString(): string;
  }

  /** Counts of numbers in bins of equal width. */
  interface SurveyBins {
    /** How many numbers lie in each bin. */
    readonly counts: readonly number[];
    /** One more than there are bins. */
    readonly edges: readonly number[];
    /** Numbers below the first edge. */
    readonly below: number;
    /** Numbers above the last edge. */
    readonly above: number;
    toString(): string;
  }

  /** Where neurons, heads or directions are largest. */
  interface SurveyTop {
    /** The hook names of the values, in order. */
    readonly names: readonly string[];
    /** The largest number of each neuron, head or direction of a value. */
    largest(site?: Target): Tensor;
    /** The places where a neuron, direction or head is largest, the largest first. */
    examples(site?: Target, number?: number): SurveyExample[];
    /** The histogram of all numbers of a neuron, direction or head. */
    histogram(site?: Target, number?: number): SurveyBins;
    toString(): string;
  }

  /** A place where a neuron, head or direction is large. */
  interface SurveyExample {
    /** The number at the place. */
    readonly value: number;
    /** The row's number in the dataset. */
    readonly row: number;
    /** The position, from the row's first token. */
    readonly position: number;
    /** The ids of the tokens around the place. */
    readonly tokens: readonly number[];
    /** The pieces of these tokens. */
    readonly pieces: readonly string[];
    /** The numbers at these tokens. */
    readonly activations: readonly number[];
    /** The index of the place among these tokens. */
    readonly peak: number;
    /** The tokens around the place as text. */
    readonly text: string;
    toString(): string;
  }

  interface SurveyLoss {
    /** The mean over all tokens that have a next one, in nats. */
    readonly mean: number;
    /** exp(mean). */
    readonly perplexity: number;
    /** How many tokens have a next one. */
    readonly tokens: number;
    /** The mean of each position [pos]. */
    readonly byPosition: Tensor;
    toString(): string;
  }

  // ---- training

  /**
   * Trains a model of the Llama architecture with AdamW and returns it. The same seed on the same number of threads
   * gives the same bytes. A loss that is not finite ends the run with an error that names the step and the tensor.
   * @throws neither `config` nor `model`, or both; data without a `length` where they are a stream; a loss that is no
   * longer finite, with the step and the tensor.
   * @example
   * train({ config: { nLayers: 1, nHeads: 2, dModel: 16 }, data: tasks.copying(), steps: 5 }).losses;
   */
  export function train(options: TrainOptions): Model;

  interface TrainOptions {
    /** The shape of a new model with random weights; either this or `model` is required. @default none */
    config?: ConfigOptions;
    /**
     * A model to continue from, which stays unchanged. If it has no tokenizer, the result gets that of the task or the
     * corpus.
     * @default none
     */
    model?: Model;
    /**
     * The training data: a task; the corpus; a function that gets seeded choices and the number of rows; rows, drawn at
     * random (or all at once if `batch` is their number); or a tensor of ids, rows or with `length` a stream.
     */
    data: Task | Corpus | ((rng: Random, batch: number) => Input | BatchOptions) | Input | Tensor;
    /** Number of tokens in a row taken from a stream. @default none; required for a stream */
    length?: number;
    /** Number of weight updates. @default 1000 */
    steps?: number;
    /** Number of rows in a batch. @default 32 */
    batch?: number;
    /** Number of batches whose gradients are summed for one step. @default 1 */
    accumulate?: number;
    /** Peak learning rate. @default 0.001 */
    lr?: number;
    /** Number of steps in which the learning rate rises linearly to its peak. @default 0 */
    warmup?: number;
    /** Shape of the learning rate after the warm-up. @default "constant" */
    schedule?: "constant" | "linear" | "cosine";
    /** Final learning rate of a schedule as a share of `lr`. @default 0 */
    least?: number;
    /** Decoupled weight decay of the matrices; norm gains do not decay. @default 0.01 */
    weightDecay?: number;
    /** AdamW's decay rates of the first and the second moment. @default [0.9, 0.999] */
    betas?: [number, number];
    /** AdamW's epsilon. @default 1e-8 */
    eps?: number;
    /** Largest norm of the whole gradient; larger gradients are scaled down. 0 for no limit. @default 0 */
    clip?: number;
    /**
     * Standard deviation of the random weights, or those of kinds of matrices. Matrices that write to the residual
     * stream start smaller by √(2 · nLayers).
     * @default 0.02
     */
    init?: number | InitOptions;
    /** Seed of weights and data. @default the run's seed */
    seed?: number;
    /** The positions whose next token is learnt, or "all". @default the positions that a task scores, else all */
    loss?: "all" | number | number[];
    /** Calls a function with snapshots of the model during the training and after the last step. @default none */
    every?: EveryOptions;
    /** Keeps the training's state, so that a stopped run resumes with the same bytes. @default none */
    checkpoint?: CheckpointOptions;
  }

  /** Standard deviations of random weights by kind of matrix. */
  interface InitOptions {
    /** Standard deviation of the embedding. @default others */
    W_E?: number;
    /** Standard deviation of the query weights. @default others */
    W_Q?: number;
    /** Standard deviation of the key weights. @default others */
    W_K?: number;
    /** Standard deviation of the value weights. @default others */
    W_V?: number;
    /** Standard deviation of attention's output weights. @default others / √(2 · nLayers) */
    W_O?: number;
    /** Standard deviation of the MLP's gate weights. @default others */
    W_gate?: number;
    /** Standard deviation of the MLP's up projection. @default others */
    W_up?: number;
    /** Standard deviation of the MLP's down projection. @default others / √(2 · nLayers) */
    W_down?: number;
    /** Standard deviation of the unembedding; an error for tied models, which share the embedding. @default others */
    W_U?: number;
    /** Standard deviation of matrices that are not named. @default 0.02 */
    others?: number;
  }

  interface ConfigOptions {
    /** Number of layers (blocks). */
    nLayers: number;
    /** Number of query heads in a layer. */
    nHeads: number;
    /** Width of the residual stream. */
    dModel: number;
    /** Number of key and value heads in a layer. @default nHeads */
    nKvHeads?: number;
    /** Width of a head. @default dModel / nHeads */
    dHead?: number;
    /** Number of neurons of an MLP. @default 4 · dModel */
    dMlp?: number;
    /** Number of tokens in the vocabulary. @default that of the task or the corpus */
    dVocab?: number;
    /** Length of the longest sequence, in tokens. @default the length of a task's rows, else 512 */
    nCtx?: number;
    /** Base of the rotary frequencies. @default 10000 */
    ropeTheta?: number;
    /** Epsilon of RMSNorm. @default 1e-5 */
    normEps?: number;
    /** Whether the unembedding is the transposed embedding. @default false */
    tied?: boolean;
  }

  interface EveryOptions {
    /** Number of steps between two calls. @default a tenth of all steps */
    steps?: number;
    /** Gets a snapshot of the model, which later steps do not change; returning true ends the training. */
    run: (model: Model, at: TrainingStep) => boolean | void;
  }

  /**
   * Checkpoints of a training in `lens run`. A run that was stopped continues from the last one with `--resume`, if the
   * script, what it has imported, read and opened, its arguments and seed, the options, the first weights and the data
   * are the same; otherwise it is refused. They are removed when the run is done.
   */
  interface CheckpointOptions {
    /** Number of steps between two checkpoints. @default 500 */
    steps?: number;
    /** Name of its file: letters, digits, _ and -; a second one has a file of its own. @default "model" */
    name?: string;
  }

  interface TrainingStep {
    /** The number of the step, from 1. */
    readonly step: number;
    /** Mean loss of the step's batch before its update, in nats. */
    readonly loss: number;
    /** The learning rate of the step. */
    readonly lr: number;
    /** Norm of the whole gradient before clipping. */
    readonly gradientNorm: number;
  }

  interface BatchOptions {
    /** Rows to learn from. */
    tokens: Input;
    /** Weight in the loss of the prediction made at each token, a row for each row of tokens. @default 1 everywhere */
    weights?: number[][];
  }

  /** Seeded choices for a generator of data. */
  interface Random {
    /** A number in [0, 1). */
    next(): number;
    /** A whole number from 0 to n - 1. */
    integer(n: number): number;
    /** One of the items. */
    pick(items: any[] | string): any;
    /** All items in random order. */
    shuffle(items: any[] | string): any[];
  }

  /** A task for a small model: rows of tokens, some of which are held out from training. */
  interface Task {
    /** The task's name. */
    readonly name: string;
    /** The piece of every id: "<unk>", "<s>", then the words. */
    readonly vocabulary: readonly string[];
    /** Number of tokens in a row. */
    readonly length: number;
    /** The positions whose next token is scored; undefined if they differ from row to row. */
    readonly at: number[] | undefined;
    /** The id of a word. */
    id(word: string): number;
    /** Draws rows to train on, or held-out rows. */
    rows(count: number, options?: RowsOptions): Tokens;
    /** Share of the scored predictions whose most probable token is right, from 0 to 1. */
    accuracy(model: Model, options?: TaskOptions): number;
    /** Mean loss of the scored predictions, in nats. */
    loss(model: Model, options?: TaskOptions): number;
    toString(): string;
  }

  interface RowsOptions {
    /** Rows to train on, or rows that training never sees. @default "train" */
    split?: "train" | "heldOut";
    /** Seed of the choice of rows. @default the run's seed */
    seed?: number;
  }

  interface TaskOptions {
    /** Number of rows. @default 256 */
    rows?: number;
    /** Rows that training never sees, or rows to train on. @default "heldOut" */
    split?: "heldOut" | "train";
    /** Seed of the choice of rows. @default the run's seed */
    seed?: number;
  }

  interface ModularArithmeticOptions {
    /** The modulus: numbers run from 0 to modulus - 1. @default 113 */
    modulus?: number;
    /** The operation on the two numbers. @default "+" */
    operation?: "+" | "-" | "*";
    /** Share of the pairs to train on, from 0 to 1. @default 0.3 */
    share?: number;
    /** Seed of the split of the pairs. @default the run's seed */
    seed?: number;
  }

  interface GroupOptions {
    /** Share of the pairs to train on, from 0 to 1. @default 0.4 */
    share?: number;
    /** Seed of the split of the pairs. @default the run's seed */
    seed?: number;
  }

  interface DyckOptions {
    /** Number of kinds of brackets, 1 to 4. @default 2 */
    kinds?: number;
    /** Number of brackets in a row, an even number. @default 24 */
    length?: number;
    /** Maximum number of open brackets. @default 6 */
    depth?: number;
  }

  interface ReversalOptions {
    /** Number of different letters. @default 26 */
    letters?: number;
    /** Number of letters before the bar, and again after it. @default 8 */
    length?: number;
  }

  interface CopyingOptions extends ReversalOptions {}

  interface SortingOptions extends ReversalOptions {}

  interface InductionOptions {
    /** Number of different letters. @default 64 */
    letters?: number;
    /** Number of letters before they repeat. @default 24 */
    length?: number;
  }

  interface RecallOptions {
    /** Number of different keys. @default 16 */
    keys?: number;
    /** Number of different values. @default 16 */
    values?: number;
    /** Number of pairs in a row. @default 6 */
    pairs?: number;
  }

  /**
   * Generated text: the training data of the bundled model. As train's data, each document is a row of its own that
   * begins with a BOS token, in batches of documents of similar length.
   */
  interface Corpus {
    /** The piece of every id. */
    readonly vocabulary: readonly string[];
    /** The kinds of text. */
    readonly kinds: readonly string[];
    /** The first documents of one kind or of the mixture, from the training split or the held-out split. */
    documents(count: number, options?: DocumentsOptions): CorpusDocument[];
    toString(): string;
  }

  interface DocumentsOptions extends RowsOptions {
    /** The kind of text. @default the mixture of all kinds */
    kind?: string;
  }

  interface CorpusDocument {
    /** The kind of text. */
    readonly kind: string;
    /** Its token ids, after a BOS. */
    readonly ids: readonly number[];
    /** The text; random tokens have none. */
    readonly text?: string;
    /** The topic of the question, for texts that contain one. */
    readonly topic?: string;
    /** The text before the answer. */
    readonly prompt?: string;
    /** The right answer, with the space before it. */
    readonly answer?: string;
    /** Wrong answers that the text suggests. */
    readonly wrong?: readonly string[];
    /** Number of random tokens before they repeat. */
    readonly free?: number;
  }

  interface CorpusOptions {
    /** The model whose tokenizer encodes the text. @default the bundled model, or that of --model */
    model?: Model;
    /** Relative numbers of documents by kind; other kinds keep theirs. @default those in docs/bundled-model.md */
    shares?: { [kind: string]: number };
    /** Weight of an answer's tokens in the loss; other tokens have weight 1. @default 10 */
    answer?: number;
    /** Weight in the loss of random tokens that nothing predicts. @default 0.5 */
    free?: number;
    /** Number of tokens in a batch, padding included; replaces train's `batch`. @default 2048 */
    tokens?: number;
  }

  interface Tasks {
    /** `a b = c` for every pair of numbers modulo `modulus`. */
    modularArithmetic(options?: ModularArithmeticOptions): Task;
    /** `a b = ab` for every pair of elements of a group: permutations "S4", dihedral "D5", cyclic "C7". */
    group(name: string, options?: GroupOptions): Task;
    /** `<s> ( [ ] )`: balanced brackets; the closing brackets are scored. */
    dyck(options?: DyckOptions): Task;
    /** `<s> a b c | c b a`: letters in reverse order. */
    reversal(options?: ReversalOptions): Task;
    /** `<s> a b c | a b c`: letters copied. */
    copying(options?: CopyingOptions): Task;
    /** `<s> c a b | a b c`: letters sorted. */
    sorting(options?: SortingOptions): Task;
    /** `<s> q f a q f a`: random letters repeated; the repetition is scored. */
    induction(options?: InductionOptions): Task;
    /** `<s> a 3 f 7 ? f 7`: pairs of keys and values, then one of the keys; its value is scored. */
    recall(options?: RecallOptions): Task;
    /** The generated text that the bundled model was trained on. */
    corpus(options?: CorpusOptions): Corpus;
  }

  /**
   * Tasks for small models, each with its vocabulary and held-out rows.
   * @example
   * const task = tasks.reversal({ letters: 10, length: 6 });
   * task.rows(2).toArray();
   */
  export const tasks: Tasks;

  // ---- results

  /**
   * Charts, saved in the run's folder.
   * @example
   * chart.heatmap(scores.induction(model), { title: "Induction score", x: "head", y: "layer" }).save("heads");
   */
  export const chart: Charts;

  interface Charts {
    /** A heat map of two axes, rows from top to bottom; axes of length 1 are dropped, NaN is hatched. */
    heatmap(data: Numbers, options?: HeatmapOptions): Chart;
    /** Lines over the last axis, one for each row of two axes or each name, { name: numbers }; or through { x, y }. */
    line(data: Numbers | NamedNumbers, options?: LineOptions): Chart;
    /** Bars along the last axis, side by side for each row of two axes or for each name, { name: numbers }. */
    bar(data: Numbers | NamedNumbers, options?: BarOptions): Chart;
    /** Points: { x, y } of the same shape, rows [x, y], or such rows by name. */
    scatter(data: Numbers | NamedNumbers, options?: ScatterOptions): Chart;
    /** Counts of values in bins with round edges; { name: numbers } are drawn over each other. */
    histogram(data: Numbers | NamedNumbers, options?: HistogramOptions): Chart;
    /**
     * Several charts in one picture, row by row. Heat maps of one quantity share a scale and its colour bar, and what
     * stands along equal axes is written once.
     */
    grid(charts: Chart[], options?: GridOptions): Chart;
  }

  interface Chart {
    /**
     * Saves name.png in the run's folder; a name ending in .svg or .pdf gives that format. Text stays text there, with
     * its font. A second file of the same name in one run is numbered: name-2.png.
     */
    save(name: string): this;
    toString(): string;
  }

  interface HeatmapOptions {
    /** The chart's title. @default none */
    title?: string;
    /** Title of the horizontal axis. @default the tensor's axis */
    x?: string;
    /** Title of the vertical axis. @default the tensor's axis */
    y?: string;
    /** Whether colours are centred on zero, blue below and red above. @default whether values have both signs */
    diverging?: boolean;
    /** Labels by axis, { src: pieces }, or an array for every axis of its length. @default indices */
    labels?: Labels;
    /**
     * The values at the two ends of the colour bar; "robust" takes the 2nd and the 98th percentile, so that outliers do
     * not decide the colours. An arrow marks an end that values exceed.
     * @default the range of the values
     */
    range?: [number, number] | "robust";
    /** Text along the colour bar: what the numbers are, and their unit. @default none */
    label?: string;
    /**
     * Writes its number into each cell with room for it; a number outlines so many cells, those furthest from zero, and
     * writes their numbers into or beside them, without those below a twentieth of the scale's end.
     * @default false
     */
    annotate?: boolean | number;
    /** Cells to outline: { layer: 3, head: 1 } by the tensor's axes, or "3.1" for row 3 and column 1. @default none */
    mark?: Cell[];
    /** Width of the whole figure, whose text is then 8 to 10 points. @default by the size of the plot, for a screen */
    width?: FigureWidth;
  }

  interface BarOptions {
    /** The chart's title. @default none */
    title?: string;
    /** Title of the horizontal axis. @default the tensor's axis */
    x?: string;
    /** Title of the vertical axis. @default none */
    y?: string;
    /** Labels along the horizontal axis. @default indices */
    labels?: Labels;
    /** The ends of the vertical axis. @default the range of the values */
    range?: [number, number];
    /** Names of the series. @default the names in the data, or indices */
    series?: string[];
    /**
     * Error bars: half the length of each, shaped as the data or as { name: numbers }, or { lower, upper }, the ends of
     * each; NaN for none.
     * @default none
     */
    errors?: Numbers | NamedNumbers | Interval;
    /** Lines to compare with: { y: 0.5, label: "chance" }, { x: 12 }, "y=x", or several. @default none */
    reference?: "y=x" | Reference | ("y=x" | Reference)[];
    /** Width of the whole figure, whose text is then 8 to 10 points. @default by the size of the plot, for a screen */
    width?: FigureWidth;
  }

  interface LineOptions extends BarOptions {
    /**
     * Labels under the points. Increasing whole numbers, such as training steps, are their places on the axis.
     * @default indices
     */
    labels?: Labels;
    /** A band around each line, given as `errors` are: a standard deviation, or { lower, upper }. @default none */
    band?: Numbers | NamedNumbers | Interval;
    /** Horizontal error bars, given as `errors` are. @default none */
    xErrors?: Numbers | NamedNumbers | Interval;
    /** How lines are drawn: all of them, or by the name of the series, { random: "dashed" }. @default solid */
    styles?: LineStyle | { [series: string]: LineStyle };
    /** The logarithmic axes. @default none */
    log?: "x" | "y" | "xy";
  }

  interface ScatterOptions {
    /** The chart's title. @default none */
    title?: string;
    /** Title of the horizontal axis. @default none */
    x?: string;
    /** Title of the vertical axis. @default none */
    y?: string;
    /** Labels of the points, drawn if there is room. @default none */
    labels?: Labels;
    /** The ends of the vertical axis. @default the range of the values */
    range?: [number, number];
    /** Names of the series. @default the names in the data, or indices */
    series?: string[];
    /** Vertical error bars: half the length of each, or { lower, upper }, the ends of each. @default none */
    errors?: Numbers | NamedNumbers | Interval;
    /** Horizontal error bars, given as `errors` are. @default none */
    xErrors?: Numbers | NamedNumbers | Interval;
    /** The logarithmic axes. @default none */
    log?: "x" | "y" | "xy";
    /** Lines to compare with: { y: 0.5, label: "chance" }, { x: 12 }, "y=x", or several. @default none */
    reference?: "y=x" | Reference | ("y=x" | Reference)[];
    /** Width of the whole figure, whose text is then 8 to 10 points. @default by the size of the plot, for a screen */
    width?: FigureWidth;
  }

  interface HistogramOptions {
    /** The chart's title. @default none */
    title?: string;
    /** Title of the horizontal axis. @default none */
    x?: string;
    /** Title of the vertical axis. @default none */
    y?: string;
    /** The ends of the horizontal axis. @default the range of the values */
    range?: [number, number];
    /** Approximate number of bins, whose edges are round numbers. @default by the rule of Freedman and Diaconis */
    bins?: number;
    /** Width of the whole figure, whose text is then 8 to 10 points. @default by the size of the plot, for a screen */
    width?: FigureWidth;
  }

  interface GridOptions {
    /** The picture's title. @default none */
    title?: string;
    /**
     * Number of charts in a row; a figure with a width takes fewer where they would be too small.
     * @default about as many as there are rows
     */
    columns?: number;
    /**
     * Whether heat maps share one scale and its colour bar.
     * @default shared if all charts are heat maps with the same label, range and diverging
     */
    scale?: "shared" | "own";
    /** Whether the charts are lettered (a), (b), … before their titles. @default false */
    letters?: boolean;
    /** Width of the whole figure, whose text is then 8 to 10 points. @default by the size of the plot, for a screen */
    width?: FigureWidth;
  }

  interface Reference {
    /** Place of a vertical line. @default none */
    x?: number;
    /** Place of a horizontal line. @default none */
    y?: number;
    /** Text beside the line. @default none */
    label?: string;
    /** How the line is drawn. @default "dashed" */
    style?: LineStyle;
  }

  type LineStyle = "solid" | "dashed" | "dotted" | "dash-dot";
  type Interval = { lower: Numbers | NamedNumbers; upper: Numbers | NamedNumbers };
  type Cell = string | { [axis: string]: number };
  /**
   * A paper's column (3.25in) or page (6.75in), or another length: a PNG has 300 dots per inch. A number is the width
   * of the PNG in pixels, 144 to an inch.
   */
  type FigureWidth = "column" | "page" | `${number}${"in" | "mm" | "cm" | "pt"}` | number;
  type Numbers = Tensor | any[] | Float32Array;
  type Labels = readonly (string | number)[] | { [axis: string]: readonly (string | number)[] };
  type NamedNumbers = { [name: string]: Numbers };

  /**
   * Pages to look at in a browser, each one self-contained file.
   * @example
   * html.attention(model.run("Once upon a time", { cache: "blocks.*.attn.hook_pattern" })).save("attention");
   */
  export const html: Html;

  interface Html {
    /**
     * All heads at a glance, the pattern of one, and the text in its colours; starts at the strongest head. Shows every
     * prompt of a run, or of several runs by name, of one model or of models of one size.
     */
    attention(run: Run | { [name: string]: Run }, options?: AttentionOptions): Page;
    /**
     * What makes neurons, heads or directions fire, as `collect.top` has found it: of each the distribution, the tokens
     * it promotes and suppresses, and the texts coloured by its value.
     */
    examples(top: SurveyTop, options?: ExamplesOptions): Page;
    /** A text coloured by a number for every token, and bars; several series by name. */
    tokens(pieces: string[], values: Numbers | NamedNumbers, options?: TokensPageOptions): Page;
    /** A text in which sources share their colour with the tokens that attend strongly to them; weights [dest, src]. */
    links(pieces: string[], weights: Tensor, options?: LinksOptions): Page;
    /** The most probable token at every layer and position, with the runners-up of the one in focus. */
    logitLens(lens: LogitLens, options?: LensPageOptions): Page;
    /** A table of two axes in colours, with values, zoom, the largest cells, and an example of each; NaN is grey. */
    heatmap(values: Tensor, options?: ZoomableOptions): Page;
    /** A circuit's graph, which can be dragged, filtered by effect, and traced from a node. */
    circuit(circuit: Circuit, options?: CircuitPageOptions): Page;
  }

  interface AttentionOptions {
    /** Layers: a number, "0-5", or several. @default all */
    layers?: number | string | number[];
    /** Heads: heads("1.*"), "1.2, 3.0". @default all */
    heads?: Heads | string | Head[];
    /** Rows of the batch. @default all */
    row?: number | number[];
    /** Numbers of the heads by name, [layer, head], by which they can be ranked and filtered. @default none */
    scores?: { [name: string]: Tensor };
    /** The page's title. @default "Attention" */
    title?: string;
  }

  interface ExamplesOptions {
    /**
     * Which ones: [mlp(3).post, 17] is neuron 17, head("1.2") a head.
     * @default those that are largest relative to the others of their value
     */
    of?: (Target | [Target, number])[];
    /** How many, where `of` names none. @default 50 */
    most?: number;
    /** How many tokens are shown that each promotes, and that it suppresses. @default 8 */
    tokens?: number;
    /** The page's title. @default "Examples" */
    title?: string;
  }

  interface TokensPageOptions {
    /** The page's title. @default "Tokens" */
    title?: string;
  }

  interface LinksOptions {
    /** Smallest weight that links two tokens. @default 0.3 */
    threshold?: number;
    /** Positions that are not sources, such as the first, to which idle heads attend. @default none */
    ignore?: number | number[];
    /** The page's title. @default "Links" */
    title?: string;
  }

  interface ZoomableOptions {
    /** Labels by axis, { from: names }. @default indices */
    labels?: { [axis: string]: string[] };
    /** Number of rows and columns between two lines; 0 for no lines. @default 0 */
    lines?: number;
    /** The text shown for a cell, { layer, head, value }, such as a prompt and its answer. @default none */
    example?: (cell: { [axis: string]: number }) => string | undefined;
    /** The page that a cell leads to, relative to this one, as in "attention.html#head=1.2". @default none */
    link?: (cell: { [axis: string]: number }) => string | undefined;
    /** The page's title. @default "Heat map" */
    title?: string;
  }

  interface CircuitPageOptions {
    /** The page's title. @default the circuit's name */
    title?: string;
  }

  interface LensPageOptions {
    /** The row of the batch. @default 0 */
    row?: number;
    /** The page's title. @default "Logit lens" */
    title?: string;
  }

  interface Page {
    /** Saves name.html in the run's folder. */
    save(name: string): this;
    toString(): string;
  }

  /**
   * A table of rows (objects, or arrays with `columns` as their names) or of a tensor: two axes become a grid, other
   * tensors one row for each element.
   * @throws rows of different kinds, or without any column.
   * @example
   * table([{ head: "1.0", score: 0.9 }, { head: "2.2", score: 0.8 }]).print().save("scores");
   */
  export function table(source: readonly object[] | Tensor, options?: TableOptions): Table;

  interface TableOptions {
    /** The columns to show, in order, or the names of arrays' columns. @default all columns */
    columns?: string[];
  }

  interface Table {
    /** The names of the columns. */
    readonly columns: string[];
    /** The rows as objects by column; null is an empty cell, which is not NaN. */
    readonly rows: { [column: string]: number | string | boolean | null }[];
    /** Prints at most 40 rows in columns. */
    print(): this;
    /**
     * Saves all rows in the run's folder: as CSV without an extension or with .csv, as JSON Lines with .jsonl, as
     * Parquet with .parquet. Columns of Parquet keep their types: int64, double, bool or string.
     */
    save(name: string): this;
    toString(): string;
  }

  /**
   * Reads a table from a .jsonl or .parquet file, as `table(…).save(…)`, pandas or DuckDB write them: one that this
   * script saved, or one in a folder that it may read.
   * @example
   * table([{ head: "1.0", score: 0.9 }]).save("heads.parquet");
   * loadTable("heads.parquet").rows[0].score; // 0.9
   */
  export function loadTable(file: string, options?: LoadTableOptions): Table;

  interface LoadTableOptions {
    /** The columns to read, in order; the file may have others, such as lists, that no table takes. @default all */
    columns?: string[];
  }

  /**
   * One page of what a run found: charts, tables, pages and texts, and with them the record of the run: model, seed,
   * command, versions, checks. A string is a paragraph; an empty line in it begins another, and "# …" is a heading. Any
   * other value is shown as `print` shows it.
   * @example
   * const score = scores.induction(model);
   * report("Induction heads", "# Scores", chart.heatmap(score), table(score.top(5))).save("report");
   */
  export function report(title: string, ...parts: ReportPart[]): Report;

  type ReportPart = string | Chart | Table | Page | object | number | boolean;

  interface Report {
    /** Saves name.html in the run's folder: one file that loads nothing. */
    save(name: string): this;
    toString(): string;
  }

  /**
   * Records whether a claim holds, and returns `ok`; a false one makes the exit code 1.
   * @throws a second argument that is neither true nor false.
   * @example
   * check("a head attends to the previous token", scores.previousToken(model).max() > 0.5);
   */
  export function check(claim: string, ok: boolean): boolean;

  /**
   * Keeps a value in the run's record, run.json: numbers, strings, booleans, and arrays and objects of them.
   * @throws a function, or another value that JSON does not have.
   * @example
   * record("induction", scores.induction(model));
   */
  export function record(name: string, value: any): void;

  /**
   * The values of `--arg k=v`, by name; undefined for names not given.
   * @example
   * const count = Number(args.prompts ?? 16); // lens run script.js --arg prompts=4
   */
  export const args: { readonly [name: string]: string | undefined };

  /**
   * The run's seed.
   * @example
   * model.random({ batch: 2, length: 10, seed: seed + 1 });
   */
  export const seed: number;

  /**
   * Prints values; tensors as shape, statistics and a few elements.
   * @example
   * print("The heads:", heads("1.*"), tensor([1, 2], "pos"));
   */
  export function print(...values: any[]): void;

  /**
   * Shows values as a notebook or the REPL shows the value of an input: charts as pictures, tables and pages laid out.
   * A script prints them.
   * @example
   * for (const score of [scores.induction, scores.previousToken]) show(chart.heatmap(score(model)));
   */
  export function show(...values: any[]): void;
}

/** Prints as `print` does; warnings and errors go to stderr. */
declare var console: {
  log(...values: any[]): void;
  info(...values: any[]): void;
  debug(...values: any[]): void;
  warn(...values: any[]): void;
  error(...values: any[]): void;
};
