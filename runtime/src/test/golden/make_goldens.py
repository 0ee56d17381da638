"""Makes the golden files: small random Llama checkpoints, and every activation TransformerLens computes on them.

    python make_goldens.py            # writes ../resources/golden/<shape>/
    python make_goldens.py --check    # computes everything again and compares it with the files

README.md says with which versions this was run and what the files hold.
"""
import argparse
import json
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from safetensors.torch import load_file
from transformer_lens import HookedTransformer, HookedTransformerConfig
from transformer_lens.pretrained.weight_conversions import convert_llama_weights
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.utils import logging

from analysis import analysis
from gradients import gradients
from head_scores import head_scores

GOLDEN = Path(__file__).resolve().parent.parent / "resources" / "golden"
CONTEXT = 128
BOS = 1
AGREEMENT = 1e-5  # between TransformerLens and Hugging Face, both in f32


@dataclass(frozen=True)
class Shape:
    """One checkpoint, how it is stored, and the prompts it is run on."""
    name: str
    d_model: int
    heads: int
    kv_heads: int
    d_head: int
    d_mlp: int
    layers: int = 2
    vocab: int = 97
    batch: int = 2
    length: int = 7
    pads: tuple = ()                     # left padding of each row; empty: none
    dtype: torch.dtype = torch.float32   # of the stored weights
    eps: float = 1e-5
    theta: float = 10000.0
    scaling: tuple = ()                  # rope scaling, as items of config.json's dictionary
    tied: bool = False
    plain_rope: bool = False             # config.json as transformers 4 wrote it: rope_theta and rope_scaling
    shard: str = "1GB"                   # largest file
    scores: bool = False                 # head scores and the other analyses as well
    gradients: bool = False              # gradients of the mean loss as well


SHAPES = [
    Shape("multi-head", d_model=32, heads=4, kv_heads=4, d_head=8, d_mlp=32, batch=2, length=5, scores=True),
    Shape("grouped-query", d_model=32, heads=4, kv_heads=2, d_head=8, d_mlp=40, batch=2, length=5, dtype=torch.float16,
          plain_rope=True, shard="10KB", scores=True, gradients=True),
    Shape("wide-heads", d_model=18, heads=6, kv_heads=3, d_head=10, d_mlp=32, batch=2, length=6, dtype=torch.bfloat16, eps=1e-2),
    Shape("odd-sizes", d_model=27, heads=3, kv_heads=1, d_head=6, d_mlp=53, batch=3, length=5),
    Shape("one-head", d_model=16, heads=1, kv_heads=1, d_head=16, d_mlp=24, layers=1, batch=2, length=9, gradients=True),
    Shape("tied", d_model=32, heads=4, kv_heads=4, d_head=8, d_mlp=32, batch=1, length=7, dtype=torch.bfloat16, tied=True,
          plain_rope=True, gradients=True),
    Shape("theta-500000", d_model=16, heads=4, kv_heads=1, d_head=6, d_mlp=24, layers=3, batch=1, length=16, dtype=torch.float16,
          theta=500000.0, eps=1e-6, plain_rope=True),
    Shape("left-padded", d_model=16, heads=4, kv_heads=2, d_head=6, d_mlp=24, batch=3, length=7, pads=(0, 3, 6), dtype=torch.float16, gradients=True),
    Shape("rope-linear", d_model=24, heads=2, kv_heads=2, d_head=16, d_mlp=24, batch=1, length=16,
          scaling=(("rope_type", "linear"), ("factor", 4.0))),
    Shape("rope-llama3", d_model=24, heads=2, kv_heads=1, d_head=16, d_mlp=32, batch=1, length=18, dtype=torch.bfloat16, plain_rope=True,
          scaling=(("rope_type", "llama3"), ("factor", 8.0), ("low_freq_factor", 1.0), ("high_freq_factor", 4.0),
                   ("original_max_position_embeddings", 64))),
]


def make_checkpoint(shape: Shape, folder: Path, seed: int) -> None:
    """Random weights, large enough that attention has something to choose between."""
    config = LlamaConfig(
        vocab_size=shape.vocab, hidden_size=shape.d_model, intermediate_size=shape.d_mlp, num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads, num_key_value_heads=shape.kv_heads, head_dim=shape.d_head, max_position_embeddings=CONTEXT,
        rms_norm_eps=shape.eps, tie_word_embeddings=shape.tied, bos_token_id=BOS, eos_token_id=2,
        rope_parameters={"rope_type": "default", **dict(shape.scaling), "rope_theta": shape.theta})
    model = LlamaForCausalLM(config)
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("norm.weight"):
                weight.copy_(0.5 + torch.rand(weight.shape, generator=random))
            elif "embed_tokens" in name:
                weight.copy_(torch.randn(weight.shape, generator=random) / shape.d_model ** 0.5)
            else:
                gain = 1.5 if "q_proj" in name or "k_proj" in name else 1.0
                weight.copy_(torch.randn(weight.shape, generator=random) * gain / weight.shape[1] ** 0.5)
    model.to(shape.dtype).save_pretrained(folder, max_shard_size=shape.shard)
    (folder / "generation_config.json").unlink()
    if shape.plain_rope:
        write_plain_rope(folder / "config.json", shape)


def write_plain_rope(path: Path, shape: Shape) -> None:
    config = json.loads(path.read_text())
    del config["rope_parameters"]
    config["rope_theta"] = shape.theta
    config["rope_scaling"] = dict(shape.scaling) or None
    path.write_text(json.dumps(config, indent=2) + "\n")


def lens(model: LlamaForCausalLM, shape: Shape) -> HookedTransformer:
    """The same model in TransformerLens, nothing folded or centred, so that every hook is the checkpoint's own."""
    scaling = dict(shape.scaling)
    more = {}
    if scaling.get("rope_type") == "linear":
        more = dict(rotary_scaling_factor=scaling["factor"])
    if scaling.get("rope_type") == "llama3":
        more = dict(use_NTK_by_parts_rope=True, NTK_by_parts_factor=scaling["factor"],
                    NTK_by_parts_low_freq_factor=scaling["low_freq_factor"], NTK_by_parts_high_freq_factor=scaling["high_freq_factor"],
                    NTK_original_ctx_len=scaling["original_max_position_embeddings"])
    config = HookedTransformerConfig(
        n_layers=shape.layers, d_model=shape.d_model, n_ctx=CONTEXT, d_head=shape.d_head, n_heads=shape.heads, d_mlp=shape.d_mlp,
        d_vocab=shape.vocab, n_key_value_heads=None if shape.kv_heads == shape.heads else shape.kv_heads, eps=shape.eps,
        act_fn="silu", normalization_type="RMS", final_rms=True, gated_mlp=True, positional_embedding_type="rotary",
        rotary_dim=shape.d_head, rotary_adjacent_pairs=False, rotary_base=shape.theta, default_prepend_bos=False, device="cpu",
        original_architecture="LlamaForCausalLM", **more)
    lens = HookedTransformer(config).eval()
    missing = lens.load_state_dict(convert_llama_weights(model, config), strict=False).missing_keys
    assert all(key.split(".")[-1] in ("mask", "IGNORE", "rotary_sin", "rotary_cos") for key in missing), missing
    return lens


def activations(model: HookedTransformer, tokens: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
    """
    Every hook of a run, and its logits. The toggles that split the inputs of the heads give the norm a head axis, so
    the split inputs come from a second run. TransformerLens's setter refuses hook_attn_in under grouped-query
    attention, where nothing but the split inputs would read it; with both toggles on it is well defined.
    """
    masked = {} if bool(mask.all()) else dict(attention_mask=mask, padding_side="left")
    model.set_use_attn_result(True)
    model.set_use_hook_mlp_in(True)
    logits, cache = model.run_with_cache(tokens, **masked)
    kept = {name: value for name, value in cache.items() if not name.startswith("unembed.")}  # the logits, again
    model.cfg.use_attn_in = True
    model.set_use_split_qkv_input(True)
    split_logits, split = model.run_with_cache(tokens, **masked)
    assert (logits - split_logits).abs().max() < AGREEMENT
    for name, value in split.items():
        if name.endswith(("hook_attn_in", "hook_q_input", "hook_k_input", "hook_v_input")):
            kept[name] = value
    model.cfg.use_attn_in = False
    model.set_use_split_qkv_input(False)
    return kept | {"logits": logits}


def make_prompts(shape: Shape, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Random tokens after a BOS [batch, pos], and 1 where a token is real, 0 where a row is padded (with token 0)."""
    random = torch.Generator().manual_seed(seed)
    tokens = torch.randint(3, shape.vocab, (shape.batch, shape.length), generator=random)
    mask = torch.ones_like(tokens)
    for row in range(shape.batch):
        pads = shape.pads[row] if shape.pads else 0
        tokens[row, :pads] = 0
        mask[row, :pads] = 0
        tokens[row, pads] = BOS
    return tokens, mask


def check_against_hugging_face(model, tokens, mask, logits) -> float:
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    theirs = model(tokens, attention_mask=mask, position_ids=positions).logits
    difference = (theirs - logits)[mask.bool()].abs().max().item()
    assert difference < AGREEMENT, f"TransformerLens and Hugging Face differ by {difference}"
    return difference


def check_padding(model: HookedTransformer, tokens, mask, values) -> None:
    """Each row run alone, without its padding, must give what it gave in the batch."""
    for row in range(len(tokens)):
        real = mask[row].bool()
        alone = model(tokens[row:row + 1, real])
        assert (alone[0] - values["logits"][row, real]).abs().max() < AGREEMENT


def make(shape: Shape, folder: Path, seed: int) -> str:
    folder.mkdir(parents=True)
    make_checkpoint(shape, folder, seed)
    # The oracle reads the folder as a stranger would: values as stored, computed in f32.
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    hooked = lens(model, shape)
    tokens, mask = make_prompts(shape, seed + 1)
    values = activations(hooked, tokens, mask)
    difference = check_against_hugging_face(model, tokens, mask, values["logits"])
    check_padding(hooked, tokens, mask, values)

    log_probabilities = values["logits"].log_softmax(-1)[:, :-1]
    values["loss"] = -log_probabilities.gather(-1, tokens[:, 1:, None])[..., 0]
    arrays = {name: np.ascontiguousarray(value.numpy(), dtype=np.float32) for name, value in values.items()}
    arrays["tokens"] = tokens.numpy()
    arrays["padding"] = (1 - mask).sum(1).numpy()
    versions = {package: version(package) for package in ("transformer-lens", "transformers", "torch")}
    save_file(arrays, folder / "golden.safetensors", metadata=versions)
    if shape.scores:
        save_file(head_scores(hooked, shape.vocab, BOS, seed + 2), folder / "scores.safetensors", metadata=versions)
        save_file(analysis(hooked, tokens, shape.theta), folder / "analysis.safetensors", metadata=versions)

    if shape.gradients:
        found = {name: np.ascontiguousarray(value.detach().numpy(), dtype=np.float32) for name, value in gradients(model, hooked, tokens, mask).items()}
        save_file(found, folder / "gradients.safetensors", metadata=versions)

    size = sum(file.stat().st_size for file in folder.iterdir())
    return f"{shape.name:14s} {size / 1024:6.0f} KiB, {len(arrays):3d} arrays, largest difference to Hugging Face {difference:.1e}"


def compare(made: Path, kept: Path) -> None:
    names = sorted(file.name for file in made.iterdir())
    assert names == sorted(file.name for file in kept.iterdir()), f"{kept} holds other files than {names}"
    for name in names:
        if not name.endswith(".safetensors"):
            continue
        new, old = load_file(made / name), load_file(kept / name)
        assert new.keys() == old.keys(), f"{kept / name} holds other arrays"
        for key in new:
            torch.testing.assert_close(new[key], old[key], atol=AGREEMENT, rtol=AGREEMENT, equal_nan=True, msg=lambda why: f"{kept.name}, {key}: {why}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    check = parser.parse_args().check
    torch.set_grad_enabled(False)
    logging.disable_progress_bar()
    warnings.filterwarnings("ignore", category=DeprecationWarning)  # TransformerLens 4 drops HookedTransformer
    for index, shape in enumerate(SHAPES):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / shape.name
            print(make(shape, folder, seed=1000 * (index + 1)), flush=True)
            kept = GOLDEN / shape.name
            if check:
                compare(folder, kept)
            else:
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(folder, kept)


if __name__ == "__main__":
    main()
