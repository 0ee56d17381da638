"""A small Llama in PyTorch: parameters named and laid out as in Hugging Face checkpoints."""
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn


@dataclass
class Config:
    vocab_size: int = 1792
    hidden_size: int = 128
    intermediate_size: int = 384
    num_hidden_layers: int = 5
    num_attention_heads: int = 4
    head_dim: int = 32
    max_position_embeddings: int = 512
    rope_theta: float = 10000.0
    rms_norm_eps: float = 1e-5

    def as_hugging_face(self):
        return {"architectures": ["LlamaForCausalLM"], "model_type": "llama", **asdict(self),
                "num_key_value_heads": self.num_attention_heads, "hidden_act": "silu", "tie_word_embeddings": True,
                "attention_bias": False, "mlp_bias": False, "attention_dropout": 0.0, "initializer_range": 0.05,
                "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": None, "use_cache": True, "rope_scaling": None,
                "torch_dtype": "float16"}


def linear(outputs, inputs, zero=False):
    layer = nn.Linear(inputs, outputs, bias=False)
    if zero:
        nn.init.zeros_(layer.weight)
    else:
        nn.init.normal_(layer.weight, std=inputs ** -0.5)
    return layer


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.heads, self.head_dim = c.num_attention_heads, c.head_dim
        width = c.num_attention_heads * c.head_dim
        self.q_proj, self.k_proj, self.v_proj = (linear(width, c.hidden_size) for _ in range(3))
        self.o_proj = linear(c.hidden_size, width, zero=True)

    def forward(self, x, cos, sin, patterns=None, silent=(), guide=None):
        """`guide`, of training only, is called with every head's rotated q and k."""
        batch, length, _ = x.shape
        weight = torch.cat([self.q_proj.weight, self.k_proj.weight, self.v_proj.weight])
        q, k, v = F.linear(x, weight).view(batch, length, 3, self.heads, self.head_dim).permute(2, 0, 3, 1, 4)
        q, k = rotated(q, cos, sin), rotated(k, cos, sin)
        if guide:
            guide(q, k)
        if patterns is None and not silent:
            z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = q @ k.transpose(-1, -2) / self.head_dim ** 0.5
            future = torch.ones(length, length, dtype=torch.bool).triu(1)
            pattern = scores.masked_fill(future, float("-inf")).softmax(-1)   # [batch, head, dest, src]
            if patterns is not None:
                patterns.append(pattern)
            z = pattern @ v
            for head in silent:
                z[:, head] = 0
        return self.o_proj(z.transpose(1, 2).reshape(batch, length, -1))


def rotated(x, cos, sin):
    first, second = x.chunk(2, -1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)


class Mlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.gate_proj, self.up_proj = linear(c.intermediate_size, c.hidden_size), linear(c.intermediate_size, c.hidden_size)
        self.down_proj = linear(c.hidden_size, c.intermediate_size, zero=True)

    def forward(self, x):
        gate, up = F.linear(x, torch.cat([self.gate_proj.weight, self.up_proj.weight])).chunk(2, -1)
        return self.down_proj(F.silu(gate) * up)


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.input_layernorm = nn.RMSNorm(c.hidden_size, c.rms_norm_eps)
        self.self_attn = Attention(c)
        self.post_attention_layernorm = nn.RMSNorm(c.hidden_size, c.rms_norm_eps)
        self.mlp = Mlp(c)

    def forward(self, x, *rest):
        x = x + self.self_attn(self.input_layernorm(x), *rest)
        return x + self.mlp(self.post_attention_layernorm(x))


class Model(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embed_tokens = nn.Embedding(c.vocab_size, c.hidden_size)
        nn.init.normal_(self.embed_tokens.weight, std=0.05)
        self.layers = nn.ModuleList(Block(c) for _ in range(c.num_hidden_layers))
        self.norm = nn.RMSNorm(c.hidden_size, c.rms_norm_eps)


class Llama(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config, self.model = config, Model(config)
        frequencies = config.rope_theta ** -(torch.arange(0, config.head_dim, 2) / config.head_dim)
        angles = torch.outer(torch.arange(config.max_position_embeddings), frequencies)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, ids, patterns=None, silent=(), guides={}):
        """Logits [batch, pos, vocabulary]. Appends each layer's pattern to `patterns`; `silent` is a set of (layer, head) whose z is zero."""
        length = ids.shape[1]
        cos, sin = self.cos[:length], self.sin[:length]
        x = self.model.embed_tokens(ids)
        for number, block in enumerate(self.model.layers):
            x = block(x, cos, sin, patterns, [head for layer, head in silent if layer == number], guides.get(number))
        return F.linear(self.model.norm(x), self.model.embed_tokens.weight)

    def save(self, folder):
        """model.safetensors (f16) and config.json; replaced only once they are whole."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        weights = {name: value.detach().to(torch.float16).contiguous() for name, value in self.state_dict().items()}
        save_file(weights, folder / "new.safetensors", metadata={"format": "pt"})
        (folder / "new.safetensors").replace(folder / "model.safetensors")
        (folder / "config.json").write_text(json.dumps(self.config.as_hugging_face(), indent=2) + "\n")

    @staticmethod
    def load(folder):
        stored = json.loads((Path(folder) / "config.json").read_text())
        model = Llama(Config(**{name: stored[name] for name in asdict(Config())}))
        model.load_state_dict({name: value.float() for name, value in load_file(Path(folder) / "model.safetensors").items()})
        return model.eval()
