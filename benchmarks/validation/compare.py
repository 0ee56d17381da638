"""Compares what values.js wrote with TransformerLens 3 and Hugging Face transformers; docs/validation.md tells how.

    python compare.py --model FILE.gguf --values FOLDER [--table FILE.md] [--reference FILE.pt]

Everything is computed in float32 and once more in float64. The second shows how far rounding alone takes a float32
implementation from the exact value: TransformerLens's own distance from it is the measure for TornadoLens's.
Prints the table, and ends with 1 if a row is outside its tolerance.
"""
import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas
import torch
from transformer_lens import patching

from reference import hooked, hugging_face

# Rounding explains a distance from float64 up to this many times TransformerLens's, and up to what one sum of dMlp
# products is expected to lose relative to the largest value: √dMlp · 2⁻²⁴ (Higham and Mary 2019).
FACTOR = 3
UNIT = 2.0**-24

p = argparse.ArgumentParser()
p.add_argument("--model", required=True)
p.add_argument("--values", required=True, type=Path)
p.add_argument("--table", type=Path, help="a file that gets the table")
p.add_argument("--reference", type=Path, help="a file that keeps the reference values; read if it is there")
p.add_argument("--threads", type=int, default=2)
asked = p.parse_args()
torch.set_num_threads(asked.threads)
torch.set_grad_enabled(False)
records = json.loads((asked.values / "run.json").read_text())["records"]


def ours(name):
    return torch.from_numpy(np.load(asked.values / f"{name}.npy"))


def ids(name):
    return torch.tensor(records[name])


def is_z(name):
    return name.endswith("hook_z")


clean, corrupted = ids("clean"), ids("corrupted")
right, wrong = ids("answers").T
receiver = records["receiver"]
hook_names = records["hooks"]
rows = torch.arange(len(clean))


def difference(logits):
    return logits[rows, -1, right] - logits[rows, -1, wrong]


def mean_difference(logits):
    return difference(logits).mean()


# ---- what is compared: functions of a TransformerLens model that give the values of values.js by name


def hooks(tl):
    """Values of three layers. Two runs: with split inputs, the norm's hooks hold the inputs of the values alone."""
    tl.set_use_attn_result(True)
    tl.set_use_hook_mlp_in(True)
    _, whole = tl.run_with_cache(clean, names_filter=hook_names)
    tl.set_use_attn_result(False)
    tl.set_use_hook_mlp_in(False)
    tl.set_use_split_qkv_input(True)
    _, split = tl.run_with_cache(clean, names_filter=lambda name: name.endswith("_input"))
    tl.set_use_split_qkv_input(False)
    for name in hook_names:
        if name.endswith("hook_attn_in"):  # TransformerLens refuses it under grouped-query attention
            value = whole[name.replace("attn_in", "resid_pre")].unsqueeze(2).expand(-1, -1, tl.cfg.n_heads, -1)
        else:
            value = split[name] if name.endswith("_input") else whole[name]
        yield f"hooks/{name}", value


def logits_and_loss(tl):
    for name, tokens in [("", clean), ("passage ", ids("passage"))]:
        logits = tl(tokens)
        yield f"{name}logits", logits
        yield f"{name}loss", tl.loss_fn(logits, tokens, per_token=True)
    yield "logit difference", difference(tl(clean))
    pattern = f"blocks.{tl.cfg.n_layers // 2}.attn.hook_pattern"
    yield "passage pattern", tl.run_with_cache(ids("passage"), names_filter=pattern)[1][pattern]
    yield "uneven logits", torch.cat([tl(torch.tensor([row]))[:, -1:] for row in records["uneven"]])


def direct(tl):
    """The final norm's gain is not folded in: it multiplies the unembedding."""
    _, cache = tl.run_with_cache(clean)
    unembedding = (tl.W_U[:, right] - tl.W_U[:, wrong]) * tl.ln_final.w[:, None]

    def through(stack):
        return torch.einsum("cbd,db->bc", cache.apply_ln_to_stack(stack, layer=-1, pos_slice=-1), unembedding)

    heads = cache.stack_head_results(layer=-1, pos_slice=-1)
    yield "direct by head", through(heads).unflatten(1, (tl.cfg.n_layers, tl.cfg.n_heads))
    yield "direct by component", through(cache.decompose_resid(layer=-1, mode="all", pos_slice=-1))
    stream = cache.accumulated_resid(layer=-1, incl_mid=False)
    normalized = tl.ln_final(stream.flatten(0, 1)).unflatten(0, stream.shape[:2])
    yield "logit lens", torch.einsum("lbpd,db->blp", normalized, tl.W_U[:, right])


OWN = "own function"
MAPS = [  # name in values.js, hook, axis of the cells within a layer, TransformerLens's function
    ("resid_pre by layer pos", "hook_resid_pre", 1, patching.get_act_patch_resid_pre),
    ("attn_out by layer pos", "hook_attn_out", 1, patching.get_act_patch_attn_out),
    ("mlp_out by layer pos", "hook_mlp_out", 1, patching.get_act_patch_mlp_out),
    ("z by layer head", "attn.hook_z", 2, patching.get_act_patch_attn_head_out_all_pos),
    ("v by layer head", "attn.hook_v", 2, patching.get_act_patch_attn_head_v_all_pos),
    ("pattern by layer head", "attn.hook_pattern", 1, patching.get_act_patch_attn_head_pattern_all_pos),
]


def rows_from(tl, base, layer, cells, hooks, stop=None):
    """The model from a layer on, with a copy of a run's prompts for each cell. Returns the metric of each cell."""
    stream = base["resid_pre", layer].repeat(cells, 1, 1)
    last = tl.cfg.n_layers if stop is None else stop
    out = tl.run_with_hooks(stream, start_at_layer=layer, stop_at_layer=last, fwd_hooks=hooks)
    if stop is None:
        logits = tl.unembed(tl.ln_final(out[:, -1:])).unflatten(0, (cells, len(clean)))
        return (logits[:, rows, -1, right] - logits[:, rows, -1, wrong]).mean(1)


def maps(tl):
    """Activation patching, the cells of a layer as rows of one run."""
    _, source = tl.run_with_cache(clean)
    _, base = tl.run_with_cache(corrupted)
    for name, hook, axis, _ in MAPS:
        count = ours(f"patch/{name}").shape[1]

        def put(value, hook):
            cells = value.unflatten(0, (count, len(clean)))
            for cell in range(count):
                cells[cell].select(axis, cell)[:] = source[hook.name].select(axis, cell)
            return value

        yield f"patch/{name}", torch.stack([
            rows_from(tl, base, layer, count, [(f"blocks.{layer}.{hook}", put)]) for layer in range(tl.cfg.n_layers)])


def own_functions(tl):
    """The eight cells with the largest effects of every map, by TransformerLens's own functions."""
    _, source = tl.run_with_cache(clean)
    torch.set_default_dtype(tl.cfg.dtype)  # of the tensors that these functions make for their results
    for name, _, _, function in MAPS:
        frame = pandas.DataFrame(strongest(name), columns=["layer", name.split()[-1]])
        yield f"patch/{name}, {OWN}", function(tl, corrupted, source, mean_difference, index_axis_names=None,
                                               index_df=frame)
    torch.set_default_dtype(torch.float32)


def strongest(name):
    values = ours(f"patch/{name}")
    return [divmod(i, values.shape[1]) for i in (values - values.median()).abs().flatten().topk(8).indices.tolist()]


def path(tl, to):
    """Path patching (Wang et al. 2022, appendix B), a layer's senders as rows of one run; no `to` means the logits."""
    _, base = tl.run_with_cache(clean)
    _, other = tl.run_with_cache(corrupted, names_filter=is_z)
    heads = tl.cfg.n_heads
    effect = torch.full((tl.cfg.n_layers, heads), torch.nan, dtype=tl.cfg.dtype)
    for layer in range(tl.cfg.n_layers if to is None else to[0]):
        def freeze(z, hook):
            cells = z.unflatten(0, (heads, len(clean)))
            cells[:] = base[hook.name]
            if hook.layer() == layer:
                for head in range(heads):
                    cells[head, :, :, head] = other[hook.name][:, :, head]
            return z

        if to is None:
            effect[layer] = rows_from(tl, base, layer, heads, [(is_z, freeze)])
            continue
        name, kept = f"blocks.{to[0]}.attn.hook_q", {}

        def keep(q, hook):
            kept["q"] = q[:, :, to[1]].clone()

        def put(q, hook):
            q[:, :, to[1]] = kept["q"]
            return q

        rows_from(tl, base, layer, heads, [(is_z, freeze), (name, keep)], stop=to[0] + 1)
        effect[layer] = rows_from(tl, base, to[0], heads, [(name, put)])
    yield "path to logits" if to is None else "path to q", effect


def attribution_patching(tl):
    with torch.enable_grad():
        _, other = tl.run_with_cache(corrupted, names_filter=is_z)
        kept = {}

        def keep(z, hook):
            z.retain_grad()
            kept[hook.name] = z

        mean_difference(tl.run_with_hooks(clean, fwd_hooks=[(is_z, keep)])).backward()
        yield "attribution patching by head", torch.stack(
            [((other[name] - z) * z.grad).sum((0, 1, 3)) for name, z in kept.items()]).detach()
        tl.zero_grad()


def composition(tl):
    """all_composition_scores, a layer at a time: it expands two matrices of every pair of heads, 10 GB each here."""
    left = tl.OV.collapse_l().flatten(0, 1)
    shape = (tl.cfg.n_layers, tl.cfg.n_heads) * 2
    layer = torch.arange(tl.cfg.n_layers)
    later = layer[None, None, :, None] > layer[:, None, None, None]
    for kind, matrix in [("Q", tl.QK), ("K", tl.QK.T), ("V", tl.OV)]:
        right = matrix.collapse_r().flatten(0, 1)
        side_by_side = right.transpose(0, 1).flatten(1)  # [dModel, heads · dHead]
        products = torch.stack([(one @ side_by_side).unflatten(1, (len(right), -1)).norm(dim=(0, 2)) for one in left])
        score = products / right.norm(dim=(1, 2)) / left.norm(dim=(1, 2))[:, None]
        yield f"composition/{kind}", torch.where(later, score.reshape(shape), torch.nan)


def scores(tl):
    tokens = ids("repeated")
    period = tokens.shape[1] // 2
    _, cache = tl.run_with_cache(tokens, names_filter=lambda name: name.endswith("hook_pattern"))
    pattern = torch.stack([cache["pattern", layer].mean(0) for layer in range(tl.cfg.n_layers)])

    def diagonal(offset, first):
        return pattern.diagonal(-offset, -2, -1)[..., first - offset:].mean(-1)

    yield "score/induction", diagonal(period - 1, period)
    yield "score/duplicateToken", diagonal(period, period)
    yield "score/previousToken", diagonal(1, 1)
    yield "score/currentToken", diagonal(0, 0)
    yield "score/firstToken", pattern[..., 0].mean(-1)
    values = torch.linalg.eigvals(tl.W_O @ (tl.W_U @ tl.W_E) @ tl.W_V)  # those of W_E W_V W_O W_U that are not 0
    yield "score/copying", values.real.sum(-1) / values.abs().sum(-1)


def weights(tl):
    for name in sorted(f.name.removesuffix(".npy") for f in (asked.values / "weights").iterdir()):
        if name == "W_E":
            yield f"weights/{name}", tl.W_E
            continue
        layer, matrix = name.split()
        block = tl.blocks[int(layer)]
        owner = {"W_Q": (block.attn, "W_Q"), "W_K": (block.attn, "_W_K"), "W_V": (block.attn, "_W_V"),
                 "W_O": (block.attn, "W_O"), "W_gate": (block.mlp, "W_gate"), "W_up": (block.mlp, "W_in"),
                 "W_down": (block.mlp, "W_out")}[matrix]
        if not hasattr(*owner):
            owner = owner[0], owner[1].removeprefix("_")  # without grouped-query attention
        yield f"weights/{name}", getattr(*owner)


parts = [weights, logits_and_loss, hooks, direct, maps, own_functions, partial(path, to=None),
         partial(path, to=receiver), attribution_patching, composition, scores]

# ---- generation and tokens, by Hugging Face


def continuations(hf, tl):
    """Whether greedy continuations are the same, and the log-probabilities of their tokens, by name."""
    for name in ("text", "conversation"):
        generated = ids(f"generated {name}")
        count = len(ours(f"generated {name} log-probabilities"))
        start, new = generated[:, :-count], generated[0, -count:]
        theirs = hf.generate(start, attention_mask=torch.ones_like(start), do_sample=False, max_new_tokens=30,
                             output_logits=True, return_dict_in_generate=True)
        yield f"{count} tokens of a greedy continuation of a {name}", torch.equal(theirs.sequences, generated)
        logits = {torch.float32: torch.stack(theirs.logits, 1)[0], torch.float64: tl(generated)[0, -count - 1:-1]}
        yield f"generated {name} log-probabilities", {
            dtype: value.log_softmax(-1)[range(len(value)), new[:len(value)]] for dtype, value in logits.items()}


def token_ids(tokenizer):
    for text, expected in zip(records["texts"], records["ids of texts"]):
        yield f"ids of {text!r}", tokenizer(text)["input_ids"] == expected
    chat = tokenizer.apply_chat_template(records["conversation"], add_generation_prompt=True, tokenize=False)
    encoded = tokenizer(chat, add_special_tokens=False)["input_ids"]
    yield "ids of a conversation, by the model's template", encoded == records["ids of conversation"]


# ---- distances


class Row:
    """The worst of several tensors under one name."""

    def __init__(self, sum_of):
        self.sum_of, self.count, self.largest = sum_of, 0, 0.0
        self.apart, self.relative, self.single, self.own, self.same = 0.0, 0.0, 0.0, 0.0, True

    def add(self, mine, single, exact, whole):
        """Our float32 values, TransformerLens's, and those in float64; relative to the whole or to each vector."""
        mine, single, exact = mine.double(), single.double(), exact.double()
        if mine.shape != exact.shape:
            raise SystemExit(f"shapes {tuple(mine.shape)} and, in TransformerLens, {tuple(exact.shape)}")
        for other in (mine, single):  # masked scores are -inf, and pairs that do not exist NaN, in the same places
            self.same &= torch.equal(other.isinf(), exact.isinf()) and torch.equal(other.isnan(), exact.isnan())
        finite = exact.isfinite()
        mine, single, exact = (torch.where(finite, t, 0) for t in (mine, single, exact))
        self.count += int(finite.sum())
        self.largest = max(self.largest, exact.abs().max().item())
        self.apart = max(self.apart, (mine - single).abs().max().item())
        self.own = max(self.own, (mine - exact).abs().max().item())
        self.single = max(self.single, (single - exact).abs().max().item())
        distance, size = (t.norm() if whole else t.norm(dim=-1) for t in (mine - single, single))
        self.relative = max(self.relative, torch.where(size > 0, distance / size, 0).max().item())

    @property
    def tolerance(self):
        return max(FACTOR * self.single, self.sum_of ** 0.5 * UNIT * self.largest)

    @property
    def ok(self):
        return self.same and self.own <= self.tolerance


def is_map(name):
    """Whether the values are numbers by place, such as metrics, and not vectors along the last axis."""
    vectors = "logits", "logits, against Hugging Face", "passage logits", "passage pattern", "uneven logits"
    return not name.startswith(("weights/", "hooks/")) and name not in vectors


LABELS = {
    "weights": "{}, decoded",
    "logits": "logits", "logits, against Hugging Face": "logits, against Hugging Face's float32",
    "loss": "loss of each token", "logit difference": "logit difference",
    "passage logits": "logits of the passage", "passage loss": "loss of each token of the passage",
    "passage pattern": "pattern of the passage, middle layer",
    "uneven logits": "last logits of prompts of three lengths, as one padded batch",
    "generated text log-probabilities": "log-probabilities while generating, text",
    "generated conversation log-probabilities": "log-probabilities while generating, conversation",
    "hooks": "{}",
    "direct by component": "direct attribution by component", "direct by head": "direct attribution by head",
    "logit lens": "logit lens of the answer",
    "patch": "patching {}",
    "path to logits": "path patching, every head → logits",
    "path to q": f"path patching, every head → {receiver[0]}.{receiver[1]}.q",
    "attribution patching by head": "attribution patching by head",
    "composition": "{}-composition of all pairs of heads", "score": "{} score",
}


def row_of(name):
    """The place and the label of the row that a tensor belongs to: one row for all layers."""
    kind, _, part = name.removesuffix(f", {OWN}").partition("/")
    words = [word for word in part.replace("blocks.", "").replace(".", " ", 1).split() if not word.isdigit()]
    return list(LABELS).index(kind), LABELS[kind].format(".".join(words) if kind == "hooks" else " ".join(words))


def compute():
    """The reference values by name in both precisions, and what has to be the same."""
    started = time.time()

    def say(what):
        print(f"{time.time() - started:6.0f} s  {what}", file=sys.stderr, flush=True)

    hf, tokenizer = hugging_face(asked.model)
    values, same = {torch.float32: {}, torch.float64: {}}, dict(token_ids(tokenizer))
    for dtype in values:
        tl = hooked(hf, dtype)
        for part in parts:
            say(f"{str(dtype).removeprefix('torch.')}: {getattr(part, 'func', part).__name__}")
            for name, value in part(tl):
                values[dtype][name] = value.detach().clone()
    say("Hugging Face")
    values[torch.float32]["logits, against Hugging Face"] = hf(clean).logits
    values[torch.float64]["logits, against Hugging Face"] = values[torch.float64]["logits"]
    for name, value in continuations(hf, tl):
        if isinstance(value, bool):
            same[name] = value
        else:
            for dtype in values:
                values[dtype][name] = value[dtype]
    say("done")
    return values, same


def main():
    if asked.reference and asked.reference.exists():
        values, same = torch.load(asked.reference)
    else:
        values, same = compute()
        if asked.reference:
            torch.save((values, same), asked.reference)

    table, sum_of = {}, ours("weights/0 W_down").shape[0]
    for name, single in values[torch.float32].items():
        whole, _, of = name.partition(", ")
        mine = ours(whole)
        if of == OWN:
            mine = torch.stack([mine[cell] for cell in strongest(whole.removeprefix("patch/"))])
        table.setdefault(row_of(name), Row(sum_of)).add(mine, single, values[torch.float64][name], whole=is_map(name))

    lines = ["| value | numbers | largest | difference | relative | TransformerLens's error | our error | tolerance "
             "| |", "|---|---|---|---|---|---|---|---|---|"]
    for (_, label), r in sorted(table.items(), key=lambda item: item[0][0]):
        lines.append(f"| {label} | {r.count:,} | {r.largest:.3g} | {r.apart:.1e} | {r.relative:.1e} | {r.single:.1e} | "
                     f"{r.own:.1e} | {r.tolerance:.1e} | {'ok' if r.ok else '**outside**'} |")
    lines += [""] + [f"- {name}: {'the same' if equal else '**different**'}" for name, equal in same.items()]
    print("\n".join(lines))
    if asked.table:
        asked.table.write_text("\n".join(lines) + "\n")
    return 0 if all(r.ok for r in table.values()) and all(same.values()) else 1


sys.exit(main())
