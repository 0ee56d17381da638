"""Makes golden files of the families close to Llama: Llama with biases and other ropes, Mistral, Qwen2 and Qwen3.

    python make_families.py OUT              # writes OUT/<name>/ for every family below
    python make_families.py --check GOLDEN   # runs the extraction on every golden checkpoint there, and compares

The oracle is Hugging Face transformers (eager attention, f32). Its modules' own values are caught where they pass, and
written under TransformerLens's names and shapes. --check shows that this is the same thing: it finds what TransformerLens
wrote for the Llama shapes of make_goldens.py, and what this script wrote for the families. README.md tells the rest.
"""
import argparse
import os
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import gguf
import numpy as np
import torch
from safetensors.numpy import save_file
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM, LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config
from transformers.utils import logging

BOS = 1
AGREEMENT = 1e-4  # of two sets of goldens, and of a padded row with the same row alone; times the largest magnitude above 1

# What gradients.py takes them of, and for Qwen3 the normed queries and keys.
GRADIENTS = ["hook_resid_pre", "ln2.hook_normalized", "attn.hook_q", "attn.hook_rot_k", "attn.hook_v", "attn.hook_attn_scores",
             "attn.hook_pattern", "attn.hook_z", "mlp.hook_pre", "mlp.hook_post", "hook_mlp_out", "hook_resid_post",
             "attn.q_norm.hook_normalized", "attn.k_norm.hook_normalized"]


@dataclass(frozen=True)
class Shape:
    """One checkpoint and the prompts it is run on."""
    name: str
    seed: int
    config: type
    d_model: int
    heads: int
    kv_heads: int
    d_mlp: int
    batch: int
    length: int
    layers: int = 2
    context: int = 64                                # max_position_embeddings
    eps: float = 1e-6
    rope: dict = field(default_factory=dict)         # rope_parameters; theta is 10,000 unless it is given
    more: dict = field(default_factory=dict)         # other keys of the configuration
    pads: tuple = ()                                 # left padding of each row; empty: none
    gradients: bool = False
    gguf: str = ""                                   # general.architecture of a GGUF file; empty: none


SHAPES = [
    Shape("llama-bias", 7100, LlamaConfig, d_model=12, heads=4, kv_heads=2, d_mlp=20, batch=2, length=12, eps=1e-5,
          more=dict(head_dim=6, attention_bias=True, mlp_bias=True), gradients=True, gguf="llama"),
    Shape("llama-yarn", 7200, LlamaConfig, d_model=12, heads=2, kv_heads=1, d_mlp=24, batch=2, length=20, eps=1e-5,
          rope=dict(rope_type="yarn", rope_theta=200.0, factor=4.0, original_max_position_embeddings=16), more=dict(head_dim=24), gguf="llama"),
    Shape("llama-dynamic", 7300, LlamaConfig, d_model=12, heads=2, kv_heads=2, d_mlp=24, batch=2, length=24, context=16, eps=1e-5,
          rope=dict(rope_type="dynamic", factor=4.0), more=dict(head_dim=8)),
    Shape("mistral", 7400, MistralConfig, d_model=12, heads=2, kv_heads=1, d_mlp=20, batch=3, length=12, eps=1e-5,
          more=dict(head_dim=8, sliding_window=5), pads=(0, 3, 8), gradients=True, gguf="llama"),
    Shape("qwen2", 7500, Qwen2Config, d_model=24, heads=4, kv_heads=2, d_mlp=24, batch=1, length=15,
          rope=dict(rope_theta=1000000.0), more=dict(tie_word_embeddings=True), gradients=True, gguf="qwen2"),
    Shape("qwen2-window", 7600, Qwen2Config, d_model=16, heads=2, kv_heads=1, d_mlp=24, batch=2, length=13, layers=3,
          rope=dict(rope_theta=1000000.0), more=dict(use_sliding_window=True, sliding_window=4, max_window_layers=1), pads=(0, 4)),
    Shape("qwen3", 7700, Qwen3Config, d_model=12, heads=4, kv_heads=2, d_mlp=20, batch=2, length=12,
          rope=dict(rope_theta=1000000.0), more=dict(head_dim=6), gradients=True, gguf="qwen3"),
    Shape("qwen3-bias", 7800, Qwen3Config, d_model=16, heads=2, kv_heads=2, d_mlp=24, batch=2, length=14,
          rope=dict(rope_theta=1000000.0), more=dict(head_dim=12, attention_bias=True)),
]


def make_checkpoint(shape: Shape, folder: Path) -> None:
    """Random weights, large enough that attention has something to choose between; no bias is 0 and no gain is 1."""
    config = shape.config(
        vocab_size=97, hidden_size=shape.d_model, intermediate_size=shape.d_mlp, num_hidden_layers=shape.layers, num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads, max_position_embeddings=shape.context, rms_norm_eps=shape.eps, bos_token_id=BOS, eos_token_id=2,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, **shape.rope},
        **{"sliding_window": None, **shape.more} if shape.config is MistralConfig else shape.more)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    random = torch.Generator().manual_seed(shape.seed)
    for name, weight in model.named_parameters():
        if name.endswith("norm.weight"):
            weight.copy_(0.5 + torch.rand(weight.shape, generator=random))
        elif name.endswith("bias"):
            weight.copy_(torch.randn(weight.shape, generator=random) * 0.4)
        elif "embed_tokens" in name:
            weight.copy_(torch.randn(weight.shape, generator=random) / shape.d_model ** 0.5)
        else:
            gain = 1.5 if "q_proj" in name or "k_proj" in name else 1.0
            weight.copy_(torch.randn(weight.shape, generator=random) * gain / weight.shape[1] ** 0.5)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)


def make_prompts(shape: Shape) -> tuple[torch.Tensor, torch.Tensor]:
    """Random tokens after a BOS [batch, pos], and the number of pads (token 0) on the left of each row [batch]."""
    random = torch.Generator().manual_seed(shape.seed + 1)
    tokens = torch.randint(3, 97, (shape.batch, shape.length), generator=random)
    padding = torch.tensor(shape.pads or [0] * shape.batch)
    for row, pads in enumerate(padding):
        tokens[row, :pads] = 0
        tokens[row, pads] = BOS
    return tokens, padding


def load(folder: Path) -> torch.nn.Module:
    """Reads a checkpoint as a stranger would. A fresh model for every run: dynamic rope remembers the longest one."""
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def same(tensor: torch.Tensor) -> torch.Tensor:
    return tensor


def heads_after_positions(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.transpose(1, 2)


class Caught:
    """What a forward pass computed, by hook name: the tensor that the model went on with, and how the hook shows it."""

    def __init__(self, model: torch.nn.Module):
        self.model = model
        self.modeling = sys.modules[type(model).__module__]   # where the family's functions live
        self.layer = -1
        self.tensors = {}
        self.shown = {}

    def keep(self, name: str, tensor: torch.Tensor, show=same, block: bool = True) -> None:
        if tensor.requires_grad:
            tensor.retain_grad()
        name = f"blocks.{self.layer}.{name}" if block else name
        self.tensors[name], self.shown[name] = tensor, show

    def values(self) -> dict:
        return {name: self.shown[name](tensor) for name, tensor in self.tensors.items()}

    def gradients(self) -> dict:
        """Where a hook shows output / gain, a change of it reaches the output times the gain."""
        found = {}
        for name, tensor in self.tensors.items():
            if name.split(".", 2)[-1] in GRADIENTS:
                ratio = self.shown[name](torch.ones_like(tensor)) if name.endswith("hook_normalized") else None
                found[name] = self.shown[name](tensor.grad) if ratio is None else tensor.grad / ratio
        return found

    def norm(self, name: str, module: torch.nn.Module, block: bool = True) -> None:
        """RMSNorm multiplies by the gain last, so that its output over the gain is what TransformerLens calls normalized."""
        def seen(module, inputs, output):
            x = inputs[0]
            scale = (x.pow(2).mean(-1, keepdim=True) + module.variance_epsilon).sqrt()
            assert (x / scale * module.weight - output).abs().max() < 1e-5
            self.keep(f"{name}.hook_scale", scale.detach(), block=block)
            self.keep(f"{name}.hook_normalized", output, lambda value: value / module.weight.detach(), block=block)
        module.register_forward_hook(seen)

    def output(self, name: str, module: torch.nn.Module, block: bool = True) -> None:
        module.register_forward_hook(lambda module, inputs, output: self.keep(name, output[0] if isinstance(output, tuple) else output, block=block))

    def input(self, name: str, module: torch.nn.Module, show=same) -> None:
        module.register_forward_pre_hook(lambda module, inputs: self.keep(name, inputs[0], show))

    def hook(self) -> None:
        """Hooks for everything that enters or leaves a module."""
        inner, config = self.model.model, self.model.config
        kv_heads = config.num_key_value_heads

        def entered(layer):
            def seen(module, inputs):
                self.layer = layer
                copies = lambda heads: lambda value: value[:, :, None].expand(-1, -1, heads, -1)
                self.keep("hook_resid_pre", inputs[0])
                # TransformerLens's hook of all heads' inputs is well defined for grouped queries too, and so it is in its files.
                self.keep("hook_attn_in", inputs[0], copies(config.num_attention_heads))
                self.keep("hook_q_input", inputs[0], copies(config.num_attention_heads))
                self.keep("hook_k_input", inputs[0], copies(kv_heads))
                self.keep("hook_v_input", inputs[0], copies(kv_heads))
            return seen

        self.output("hook_embed", inner.embed_tokens, block=False)
        for layer, block in enumerate(inner.layers):
            block.register_forward_pre_hook(entered(layer))
            self.norm("ln1", block.input_layernorm)
            for norm in ("q_norm", "k_norm"):
                if hasattr(block.self_attn, norm):
                    self.norm(f"attn.{norm}", getattr(block.self_attn, norm))
            self.output("hook_attn_out", block.self_attn.o_proj)
            self.input("hook_resid_mid", block.post_attention_layernorm)
            self.input("hook_mlp_in", block.post_attention_layernorm)
            self.norm("ln2", block.post_attention_layernorm)
            self.output("mlp.hook_pre", block.mlp.gate_proj)
            self.output("mlp.hook_pre_linear", block.mlp.up_proj)
            self.input("mlp.hook_post", block.mlp.down_proj)
            self.output("hook_mlp_out", block.mlp)
            self.output("hook_resid_post", block)
        self.norm("ln_final", inner.norm, block=False)

    @contextmanager
    def watching(self):
        """Wraps the two functions of the family's source in which attention happens, and the softmax inside."""
        rotate, attend, softmax = self.modeling.apply_rotary_pos_emb, self.modeling.eager_attention_forward, torch.nn.functional.softmax

        def rotated(q, k, *more, **named):
            self.keep("attn.hook_q", q, heads_after_positions)
            self.keep("attn.hook_k", k, heads_after_positions)
            q, k = rotate(q, k, *more, **named)
            self.keep("attn.hook_rot_q", q, heads_after_positions)
            self.keep("attn.hook_rot_k", k, heads_after_positions)
            return q, k

        def softmaxed(scores, *more, **named):
            """
            Hugging Face adds the most negative float where a source is masked, which leaves a padded destination a
            uniform pattern. TransformerLens's scores are -inf there, and its pattern of a padded destination is zero.
            """
            scores = scores.masked_fill(scores < -1e30, -torch.inf)
            self.keep("attn.hook_attn_scores", scores)
            pattern = softmax(scores, *more, **named)
            pattern = torch.where(pattern.isnan(), torch.zeros_like(pattern), pattern)
            self.keep("attn.hook_pattern", pattern)
            return pattern

        def attended(module, query, key, value, *more, **named):
            self.keep("attn.hook_v", value, heads_after_positions)
            torch.nn.functional.softmax = softmaxed
            try:
                z, pattern = attend(module, query, key, value, *more, **named)
            finally:
                torch.nn.functional.softmax = softmax
            out = module.o_proj.weight.detach().view(-1, z.shape[2], z.shape[3])
            self.keep("attn.hook_z", z)
            self.keep("attn.hook_result", z.detach(), lambda value: torch.einsum("bphd,mhd->bphm", value, out))
            return z, pattern

        self.modeling.apply_rotary_pos_emb, self.modeling.eager_attention_forward = rotated, attended
        try:
            yield
        finally:
            self.modeling.apply_rotary_pos_emb, self.modeling.eager_attention_forward = rotate, attend


def run(model: torch.nn.Module, tokens: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
    """Logits. Positions count from a row's first real token."""
    mask = (torch.arange(tokens.shape[1])[None] >= padding[:, None]).long()
    return model(tokens, attention_mask=mask, position_ids=(mask.cumsum(1) - 1).clamp(min=0), use_cache=False).logits


def losses(logits: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    return -logits.log_softmax(-1)[:, :-1].gather(-1, tokens[:, 1:, None])[..., 0]


def activations(folder: Path, tokens: torch.Tensor, padding: torch.Tensor) -> dict:
    """Every hook of a run, its logits and its losses."""
    caught = Caught(load(folder))
    caught.hook()
    with caught.watching():
        logits = run(caught.model, tokens, padding)
    plain = run(load(folder), tokens, padding)   # without any of the above
    real = torch.arange(tokens.shape[1])[None] >= padding[:, None]
    assert torch.equal(plain[real], logits[real])
    return caught.values() | {"logits": logits, "loss": losses(logits, tokens)}


def gradients(folder: Path, tokens: torch.Tensor, padding: torch.Tensor) -> dict:
    """Of the mean loss over the real tokens that have a next one: parameters under Hugging Face's names, and hooks."""
    caught = Caught(load(folder))
    caught.hook()
    real = torch.arange(tokens.shape[1])[None] >= padding[:, None]
    with torch.enable_grad(), caught.watching():
        losses(run(caught.model, tokens, padding), tokens)[real[:, :-1]].mean().backward()
    return {name: weight.grad for name, weight in caught.model.named_parameters()} | caught.gradients()


def check_padding(folder: Path, tokens: torch.Tensor, padding: torch.Tensor, logits: torch.Tensor) -> None:
    """A padded row says the same as the row alone."""
    for row, pads in enumerate(padding):
        alone = run(load(folder), tokens[row:row + 1, pads:], torch.tensor([0]))
        assert (alone[0] - logits[row, pads:]).abs().max() < AGREEMENT, f"row {row} of {folder}"


def check_window(config, padding: torch.Tensor, values: dict) -> None:
    """A source is seen exactly when it is real, not later, and, in a layer with a window W, less than W before."""
    for layer in range(config.num_hidden_layers):
        scores = values[f"blocks.{layer}.attn.hook_attn_scores"]
        places = torch.arange(scores.shape[-1])
        distance = places[:, None] - places[None]
        kind = (getattr(config, "layer_types", None) or ["sliding_attention" if getattr(config, "sliding_window", None) else "full_attention"] * 99)[layer]
        seen = (distance >= 0) & (distance < (config.sliding_window if kind == "sliding_attention" else len(places)))
        seen = seen[None] & (places[None, None] >= padding[:, None, None])
        assert torch.equal(scores.isfinite(), seen[:, None].expand_as(scores)), f"layer {layer}"


def write_gguf(architecture: str, folder: Path, path: Path) -> None:
    """
    As llama.cpp's convert_hf_to_gguf.py writes it in f32, without a tokenizer. One key is not the converter's: it
    leaves Mistral's window out, and so does llama.cpp when it runs the model; here it stands where other architectures
    have it.
    """
    config, weights = AutoConfig.from_pretrained(folder), load_file(folder / "model.safetensors")
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name(folder.name)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    rope = config.rope_parameters
    if rope["rope_type"] == "yarn":
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(rope["factor"])
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    writer.add_rope_freq_base(rope["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    if getattr(config, "head_dim", None) is not None:
        writer.add_key_length(config.head_dim)
        writer.add_value_length(config.head_dim)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    if architecture == "llama":
        writer.add_vocab_size(config.vocab_size)
        writer.add_rope_dimension_count(config.head_dim)
    if config.model_type == "mistral":
        writer.add_sliding_window(config.sliding_window)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_tokenizer_model("none")

    names = gguf.get_tensor_name_map({name: key for key, name in gguf.MODEL_ARCH_NAMES.items()}[architecture], config.num_hidden_layers)
    for name, weight in weights.items():
        heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}.get(name.split(".")[-2])
        if architecture == "llama" and heads:   # from Hugging Face's rotary order, i and i + dHead / 2, to Meta's, 2i and 2i + 1
            weight = weight.reshape(heads, 2, len(weight) // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), np.ascontiguousarray(weight.numpy()))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def arrays(values: dict) -> dict:
    return {name: np.ascontiguousarray(value.detach().numpy(), dtype=np.float32) for name, value in values.items()}


def make(shape: Shape, folder: Path) -> str:
    make_checkpoint(shape, folder)
    tokens, padding = make_prompts(shape)
    values = activations(folder, tokens, padding)
    check_padding(folder, tokens, padding, values["logits"])
    check_window(AutoConfig.from_pretrained(folder), padding, values)
    versions = {package: version(package) for package in ("transformers", "torch")}
    save_file(arrays(values) | {"tokens": tokens.numpy(), "padding": padding.numpy()}, folder / "golden.safetensors", metadata=versions)
    if shape.gradients:
        save_file(arrays(gradients(folder, tokens, padding)), folder / "gradients.safetensors", metadata=versions)
    if shape.gguf:
        write_gguf(shape.gguf, folder, folder.parent / f"{shape.name}.gguf")
    size = sum(file.stat().st_size for file in folder.iterdir())
    real = torch.arange(tokens.shape[1])[None] >= padding[:, None]
    largest = [values[f"blocks.{layer}.attn.hook_pattern"].amax(-1).transpose(1, 2)[real].mean().item() for layer in range(shape.layers)]
    return f"{shape.name:14s} {size / 1024:4.0f} KiB, {len(values) + 2:3d} arrays, mean of the largest weight in a pattern " + ", ".join(f"{x:.2f}" for x in largest)


def difference(found: dict, kept: dict, padding: torch.Tensor, real_only: bool) -> tuple[float, str]:
    """The largest, over the larger of 1 and the array's largest magnitude; positions that are padding may be passed over."""
    assert found.keys() == kept.keys(), sorted(found.keys() ^ kept.keys())
    worst = (0.0, "")
    for name, mine in found.items():
        mine, theirs = mine.detach().float(), kept[name].float()
        assert mine.shape == theirs.shape, f"{name}: {tuple(mine.shape)} and {tuple(theirs.shape)}"
        if real_only and (name.startswith("blocks.") or "." not in name):
            axis = 2 if name.endswith(("attn_scores", "pattern")) else 1
            place = torch.arange(mine.shape[axis]).view([-1 if i == axis else 1 for i in range(mine.ndim)])
            pads = (place < padding.view([-1] + [1] * (mine.ndim - 1))).expand_as(mine)
            mine, theirs = mine.masked_fill(pads, 0), theirs.masked_fill(pads, 0)
        same_bits = (mine == theirs) | (mine.isnan() & theirs.isnan())
        apart = (mine - theirs).abs().masked_fill(same_bits, 0).nan_to_num(nan=torch.inf, posinf=torch.inf)
        finite = theirs[theirs.isfinite()].abs()
        worst = max(worst, (apart.max().item() / max(1.0, finite.max().item() if finite.numel() else 0.0), name))
    return worst


def check(golden: Path) -> None:
    for folder in sorted(path.parent for path in golden.glob("*/golden.safetensors")):
        kept = load_file(folder / "golden.safetensors")
        tokens, padding = kept.pop("tokens"), kept.pop("padding")
        found = activations(folder, tokens, padding)
        worst, name = difference(found, kept, padding, real_only=False)
        assert worst < AGREEMENT, f"{folder.name} {name}: {worst}"
        line = f"{folder.name:14s} {len(found):3d} arrays, padding included, differ by at most {worst:.1e} ({name})"
        if (folder / "gradients.safetensors").exists():
            found, kept = gradients(folder, tokens, padding), load_file(folder / "gradients.safetensors")
            worst, name = difference(found, kept, padding, real_only=True)
            assert worst < AGREEMENT, f"{folder.name} gradient of {name}: {worst}"
            line += f"; {len(found)} gradients by {worst:.1e} ({name})"
        print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="where to write, or with --check where to read")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    torch.set_grad_enabled(False)
    logging.disable_progress_bar()
    if arguments.check:
        return check(arguments.out)
    for shape in SHAPES:
        folder = arguments.out / shape.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        print(make(shape, folder), flush=True)


if __name__ == "__main__":
    main()
