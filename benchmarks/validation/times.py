"""Times of patching maps in TornadoLens and in TransformerLens 3, with the same model, prompts and number of threads.

    python times.py --model FILE.gguf [--rounds 5] [--cells 15] [--threads 2]

In each round both are measured one after the other, in turns first, so that other load meets both; the ratio is taken
in each round. TransformerLens runs the whole model for every cell of a map: a sample of cells is timed, spread evenly
over the map, and extrapolated to all of them. Prints a Markdown table.
"""
import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas
import torch
from transformer_lens import patching

from reference import hooked, hugging_face

p = argparse.ArgumentParser()
p.add_argument("--model", required=True)
p.add_argument("--rounds", type=int, default=5)
p.add_argument("--cells", type=int, default=15)
p.add_argument("--threads", type=int, default=2)
asked = p.parse_args()
torch.set_num_threads(asked.threads)
torch.set_grad_enabled(False)
here = Path(__file__).resolve().parent


def ours():
    """Seconds by map, and the tokens, as times.js records them."""
    with tempfile.TemporaryDirectory() as out:
        options = f"{os.environ.get('TORNADOLENS_JAVA_OPTIONS', '')} -XX:ActiveProcessorCount={asked.threads}"
        command = [here.parents[1] / "lens", "run", here / "times.js", "--model", asked.model, "--device", "cpu"]
        subprocess.run([*command, "--out", out], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "TORNADOLENS_JAVA_OPTIONS": options})
        return json.loads(Path(out, "run.json").read_text())["records"]


hf, _ = hugging_face(asked.model)
tl = hooked(hf)
del hf
layers, heads = tl.cfg.n_layers, tl.cfg.n_heads
first = ours()
clean, corrupted = torch.tensor([first["clean"]]), torch.tensor([first["corrupted"]])
right, wrong = first["answers"]
receiver = 2 * layers // 3


def is_z(name):
    return name.endswith("hook_z")


def difference(logits):
    return (logits[:, -1, right] - logits[:, -1, wrong]).mean()


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def sampled(cells, work):
    """Seconds for all cells, from some of them."""
    some = cells[len(cells) // (2 * asked.cells)::max(1, len(cells) // asked.cells)][:asked.cells]
    return timed(lambda: work(some)) * len(cells) / len(some)


_, cache = tl.run_with_cache(clean)
_, other = tl.run_with_cache(corrupted, names_filter=is_z)
by_position = list(itertools.product(range(layers), range(clean.shape[1])))
by_head = list(itertools.product(range(layers), range(heads)))


def library(function, axis):
    """A map by TransformerLens's own function, of some cells."""
    return lambda cells: function(tl, corrupted, cache, difference, index_axis_names=None,
                                  index_df=pandas.DataFrame(cells, columns=["layer", axis]))


def heads_as_rows():
    """z by layer and head in a run for each layer, with a row for each head."""
    for layer in range(layers):
        def put(z, hook):
            for head in range(heads):
                z[head, :, head] = cache[hook.name][0, :, head]
            return z
        logits = tl.run_with_hooks(corrupted.repeat(heads, 1), fwd_hooks=[(f"blocks.{layer}.attn.hook_z", put)])
        (logits[:, -1, right] - logits[:, -1, wrong]).tolist()


def paths(cells, to):
    """Path patching of some senders; to is None for the logits, else the layer of the receiver's queries."""
    for layer, head in cells:
        def freeze(z, hook):
            z[:] = cache[hook.name]
            if hook.layer() == layer:
                z[:, :, head] = other[hook.name][:, :, head]
            return z
        if to is None:
            difference(tl.run_with_hooks(clean, fwd_hooks=[(is_z, freeze)])).item()
            continue
        name, kept = f"blocks.{to}.attn.hook_q", {}

        def keep(q, hook):
            kept["q"] = q.clone()

        def put(q, hook):
            q[:, :, 0] = kept["q"][:, :, 0]
            return q
        tl.run_with_hooks(clean, fwd_hooks=[(is_z, freeze), (name, keep)], stop_at_layer=to + 1)
        difference(tl.run_with_hooks(clean, fwd_hooks=[(name, put)])).item()


before = [cell for cell in by_head if cell[0] < receiver]
maps = [  # what it is, its name in times.js, its number of cells, and TransformerLens's way
    ("resid_pre by layer × position, its own function", "resid_pre", len(by_position),
     lambda: sampled(by_position, library(patching.get_act_patch_resid_pre, "pos"))),
    ("attn_out by layer × position, its own function", "attn_out", len(by_position),
     lambda: sampled(by_position, library(patching.get_act_patch_attn_out, "pos"))),
    ("z by layer × head, its own function", "z", len(by_head),
     lambda: sampled(by_head, library(patching.get_act_patch_attn_head_out_all_pos, "head"))),
    ("z by layer × head, a layer's heads as rows of one run", "z", len(by_head), lambda: timed(heads_as_rows)),
    ("paths, every head → logits, a loop of its runs", "logits", len(by_head),
     lambda: sampled(by_head, lambda cells: paths(cells, None))),
    (f"paths, every head → {receiver}.0.q, a loop of its runs", "q", len(before),
     lambda: sampled(before, lambda cells: paths(cells, receiver))),
]

times = []
for number in range(asked.rounds):
    def theirs():
        return [work() for *_, work in maps]
    mine, them = (ours(), theirs()) if number % 2 == 0 else reversed((theirs(), ours()))
    times.append([(mine[name], seconds) for (_, name, _, _), seconds in zip(maps, them)])
    seconds = ", ".join(f"{a:.2f} and {b:.1f}" for a, b in times[-1])
    print(f"round {number + 1}: {seconds} s", file=sys.stderr, flush=True)

print(f"{clean.shape[1]} tokens, {asked.rounds} rounds, medians:\n")
print("| map | cells | TornadoLens | TransformerLens | ratio, lowest to highest |\n|---|---|---|---|---|")
for (what, _, cells, _), pairs in zip(maps, zip(*times)):
    mine, them = (statistics.median(values) for values in zip(*pairs))
    ratios = sorted(b / a for a, b in pairs)
    print(f"| {what} | {cells} | {mine:.2f} s | {them:.1f} s | {statistics.median(ratios):.0f} "
          f"({ratios[0]:.0f} to {ratios[-1]:.0f}) |")
