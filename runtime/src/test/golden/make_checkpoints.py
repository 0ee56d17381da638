"""Makes ../resources/checkpoints: one tiny random Llama in every format, and what an independent reader takes from each.

    python make_checkpoints.py

Run with Python 3.11, torch 2.15.0, transformers 5.23.0, safetensors 0.8.0, gguf 0.19.0, numpy 2.4.6.

Every weight of the model is exact in f32, f16 and bf16, so that all unquantised formats must give the same values:
expected.f32, which lists them little-endian in the order of LlamaParameters.all(), query and key rows in Hugging Face's
order. quantised.gguf has a tensor of each block type; quantised.f32 is what the gguf package makes of it.
"""
import json
import shutil
import struct
import warnings
import zipfile
from collections import OrderedDict
from pathlib import Path

import gguf
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

OUT = Path(__file__).resolve().parent.parent / "resources" / "checkpoints"
DIM, HIDDEN, LAYERS, HEADS, KV_HEADS, VOCAB, CONTEXT = 16, 24, 2, 4, 2, 24, 32
HEAD = DIM // HEADS
PARAMS = dict(dim=DIM, n_layers=LAYERS, n_heads=HEADS, n_kv_heads=KV_HEADS, vocab_size=-1, multiple_of=8,
              ffn_dim_multiplier=0.5, norm_eps=1e-5, rope_theta=500000.0, max_seq_len=CONTEXT)
assert HIDDEN == 8 * -(-int(0.5 * int(8 * DIM / 3)) // 8)

random = np.random.default_rng(20240229)


def weight(*shape):
    """Multiples of 1/64 between -2 and 2: exact in eight bits of mantissa."""
    return (random.integers(-127, 128, shape) / 64).astype(np.float32)


def permute(rows, heads):
    """Meta's order of query and key rows to Hugging Face's, as transformers' convert_llama_weights_to_hf.py does it."""
    return np.ascontiguousarray(rows.reshape(heads, len(rows) // heads // 2, 2, -1).swapaxes(1, 2).reshape(rows.shape))


def meta_weights():
    weights = {"tok_embeddings": weight(VOCAB, DIM)}
    for layer in range(LAYERS):
        block = dict(attention_norm=weight(DIM), **{"attention.wq": weight(DIM, DIM), "attention.wk": weight(KV_HEADS * HEAD, DIM),
                     "attention.wv": weight(KV_HEADS * HEAD, DIM), "attention.wo": weight(DIM, DIM)}, ffn_norm=weight(DIM),
                     **{"feed_forward.w1": weight(HIDDEN, DIM), "feed_forward.w3": weight(HIDDEN, DIM), "feed_forward.w2": weight(DIM, HIDDEN)})
        weights |= {f"layers.{layer}.{name}": value for name, value in block.items()}
    return {f"{name}.weight": value for name, value in (weights | {"norm": weight(DIM), "output": weight(VOCAB, DIM)}).items()}


def renamed(name, table):
    for old, new in table.items():
        name = name.replace(old, new)
    return name


HF = {"tok_embeddings": "model.embed_tokens", "layers.": "model.layers.", "attention_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
      "attention.w": "self_attn.", "feed_forward.w1": "mlp.gate_proj", "feed_forward.w3": "mlp.up_proj", "feed_forward.w2": "mlp.down_proj",
      "self_attn.q": "self_attn.q_proj", "self_attn.k": "self_attn.k_proj", "self_attn.v": "self_attn.v_proj", "self_attn.o": "self_attn.o_proj",
      "output.weight": "lm_head.weight"}
GGUF = {"tok_embeddings": "token_embd", "layers.": "blk.", "attention_norm": "attn_norm", "attention.wq": "attn_q", "attention.wk": "attn_k",
        "attention.wv": "attn_v", "attention.wo": "attn_output", "feed_forward.w1": "ffn_gate", "feed_forward.w3": "ffn_up", "feed_forward.w2": "ffn_down"}


def hf_name(name):
    return "model.norm.weight" if name == "norm.weight" else renamed(name, HF)


def gguf_name(name):
    return "output_norm.weight" if name == "norm.weight" else renamed(name, GGUF)


def hf_rows(name, value, heads=HEADS, kv_heads=KV_HEADS):
    if "wq" in name or "attn_q" in name:
        return permute(value, heads)
    if "wk" in name or "attn_k" in name:
        return permute(value, kv_heads)
    return value


def write_hugging_face(weights, folder, dtype, shard="1GB"):
    config = LlamaConfig(vocab_size=VOCAB, hidden_size=DIM, intermediate_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
                         num_key_value_heads=KV_HEADS, max_position_embeddings=CONTEXT, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2,
                         rope_parameters={"rope_type": "default", "rope_theta": 500000.0})
    model = LlamaForCausalLM(config)
    model.load_state_dict({hf_name(name): torch.from_numpy(hf_rows(name, value)) for name, value in weights.items()})
    model.to(dtype).save_pretrained(OUT / folder, max_shard_size=shard)
    (OUT / folder / "generation_config.json").unlink()


def write_llama2c(weights, file, version, shared):
    kinds = lambda *names: [weights[f"layers.{layer}.{name}.weight"] for name in names for layer in range(LAYERS)]
    rows = CONTEXT * HEAD // 2
    attention, mlp = ("attention.wq", "attention.wk", "attention.wv", "attention.wo"), ("feed_forward.w1", "feed_forward.w2", "feed_forward.w3")
    classifier = [] if shared else [weights["output.weight"]]
    sizes = (DIM, HIDDEN, LAYERS, HEADS, KV_HEADS)
    if version == 0:
        header = struct.pack("<7i", *sizes, VOCAB if shared else -VOCAB, CONTEXT)
        tables = [np.zeros(rows, np.float32)] * 2
        parts = [weights["tok_embeddings.weight"], *kinds("attention_norm", *attention, "ffn_norm", *mlp), weights["norm.weight"], *tables, *classifier]
    else:
        header = struct.pack("<Ii7iB", 0x616b3432, 1, *sizes, VOCAB, CONTEXT, shared).ljust(256, b"\0")
        parts = [*kinds("attention_norm", "ffn_norm"), weights["norm.weight"], weights["tok_embeddings.weight"], *kinds(*attention, *mlp), *classifier]
    (OUT / file).write_bytes(header + b"".join(part.astype("<f4").tobytes() for part in parts))


def write_meta(weights, folder, dtype, ranks=1, embedding_rows=False):
    (OUT / folder).mkdir()
    (OUT / folder / "params.json").write_text(json.dumps(PARAMS))
    for rank in range(ranks):
        part = {}
        for name, value in weights.items():
            by_columns = name.endswith(("wo.weight", "w2.weight")) or name.startswith("tok_embeddings") and not embedding_rows
            if value.ndim == 2:
                value = np.split(value, ranks, axis=1 if by_columns else 0)[rank]
            part[name] = torch.from_numpy(value.copy()).to(dtype)
        part["rope.freqs"] = torch.ones(HEAD // 2)
        torch.save(part, OUT / folder / f"consolidated.{rank:02d}.pth")


def write_torch(folder, source, parts, shared=False):
    """The tensors of a safetensors folder as save_pretrained wrote them before safetensors; shared: in one storage."""
    (OUT / folder).mkdir()
    shutil.copy(OUT / source / "config.json", OUT / folder)
    tensors = {}
    for file in sorted((OUT / source).glob("*.safetensors")):
        tensors |= load_file(file)
    if shared:
        storage, at = torch.cat([value.flatten() for value in tensors.values()]), 0
        for name, value in tensors.items():
            tensors[name] = storage[at:at + value.numel()].view(value.shape)
            at += value.numel()
        tensors["model.layers.0.input_layernorm.weight"] = torch.nn.Parameter(tensors["model.layers.0.input_layernorm.weight"])
    tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = torch.ones(HEAD // 2, dtype=torch.float64)
    names = sorted(tensors)
    if parts == 1:
        torch.save(OrderedDict(tensors), OUT / folder / "pytorch_model.bin")
        return
    weight_map = {}
    for part in range(parts):
        file = f"pytorch_model-{part + 1:05d}-of-{parts:05d}.bin"
        torch.save({name: tensors[name] for name in names[part::parts]}, OUT / folder / file)
        weight_map |= {name: "./" + file for name in names[part::parts]}
    index = {"metadata": {"total_size": 0}, "weight_map": weight_map}
    (OUT / folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))


def write_mistral(weights, folder, dtype):
    """Mistral's own format: Meta's names and order of rows in safetensors, and sizes that Meta's params.json lacks."""
    (OUT / folder).mkdir()
    params = dict(dim=DIM, n_layers=LAYERS, head_dim=HEAD, hidden_dim=HIDDEN, n_heads=HEADS, n_kv_heads=KV_HEADS,
                  norm_eps=1e-5, vocab_size=VOCAB, rope_theta=500000.0, max_seq_len=CONTEXT)
    (OUT / folder / "params.json").write_text(json.dumps(params))
    save_file({name: torch.from_numpy(value.copy()).to(dtype) for name, value in weights.items()},
              OUT / folder / "consolidated.safetensors")


def write_zip64(folder, source):
    """The same entries with every size and offset in zip64's extra fields, as archives over 4 GB have them."""
    (OUT / folder).mkdir()
    shutil.copy(OUT / source / "params.json", OUT / folder)
    limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, -1
    with zipfile.ZipFile(OUT / source / "consolidated.00.pth") as old, zipfile.ZipFile(OUT / folder / "consolidated.00.pth", "w") as new:
        for entry in old.namelist():
            new.writestr(entry, old.read(entry))
    zipfile.ZIP64_LIMIT = limit


TOKENS = [("<unk>", 0.0, 2), ("<s>", 0.0, 3), ("</s>", 0.0, 3), ("<0x0A>", 0.0, 6), ("\u2581", -1.0, 1), ("\u2581the", -2.5, 1), ("\u00e9", -3.0, 1)]
TOKENS += [(f"<extra_{i}>", -100.0, 4) for i in range(VOCAB - len(TOKENS))]


def gguf_writer(file, dim, hidden, layers, heads, kv_heads, head, split=0):
    writer = gguf.GGUFWriter(OUT / file, "llama", split_max_tensors=split)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(dim)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_rope_dimension_count(head)
    writer.add_rope_freq_base(500000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(VOCAB)
    writer.add_tokenizer_model("llama")
    for add, column in ((writer.add_token_list, 0), (writer.add_token_scores, 1), (writer.add_token_types, 2)):
        add([token[column] for token in TOKENS])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_space_prefix(False)
    return writer


def write_gguf(weights, file, kind, scaling=None, freqs=None, split=0):
    writer = gguf_writer(file, DIM, HIDDEN, LAYERS, HEADS, KV_HEADS, HEAD, split)
    if scaling:
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(scaling)
    if freqs:
        writer.add_tensor("rope_freqs.weight", np.array(freqs, np.float32))
    for name, value in weights.items():
        type_ = kind if value.ndim == 2 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(gguf_name(name), gguf.quants.quantize(value, type_), raw_dtype=type_)
    close(writer)


def close(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def random_blocks(rows, columns, kind):
    """Blocks of random bytes with scales that are small f16 numbers: every bit of the layout counts."""
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (rows * columns // elements, size), dtype=np.uint8)
    scales = {gguf.GGMLQuantizationType.Q4_K: (0, 2), gguf.GGMLQuantizationType.Q6_K: (208,),
              gguf.GGMLQuantizationType.Q8_0: (0,), gguf.GGMLQuantizationType.Q4_0: (0,)}[kind]
    for at in scales:
        blocks[:, at:at + 2] = random.uniform(-0.01, 0.01, len(blocks)).astype("<f2").view(np.uint8).reshape(-1, 2)
    return blocks.reshape(rows, columns // elements * size)


def write_quantised(file, golden):
    """One layer of width 256, as wide as the K types' blocks; each matrix of another type."""
    q = gguf.GGMLQuantizationType
    dim, hidden, heads, kv_heads, head = 256, 4, 2, 1, 4
    kinds = {"token_embd": (VOCAB, dim, q.Q6_K), "blk.0.attn_norm": (0, dim, q.F32), "blk.0.attn_q": (heads * head, dim, q.Q4_K),
             "blk.0.attn_k": (kv_heads * head, dim, q.Q6_K), "blk.0.attn_v": (kv_heads * head, dim, q.Q8_0),
             "blk.0.attn_output": (dim, heads * head, q.F16), "blk.0.ffn_norm": (0, dim, q.F32), "blk.0.ffn_gate": (hidden, dim, q.Q4_0),
             "blk.0.ffn_up": (hidden, dim, q.Q4_K), "blk.0.ffn_down": (dim, hidden, q.BF16), "output_norm": (0, dim, q.F32)}
    writer = gguf_writer(file, dim, hidden, 1, heads, kv_heads, head)
    values = []
    for name, (rows, columns, kind) in kinds.items():
        if rows == 0 or kind in (q.F16, q.BF16):
            data = gguf.quants.quantize(weight(*(n for n in (rows, columns) if n)), kind)
        else:
            data = random_blocks(rows, columns, kind)
        writer.add_tensor(f"{name}.weight", data, raw_dtype=kind)
        values.append(hf_rows(name, gguf.quants.dequantize(data, kind), heads, kv_heads))
    close(writer)
    (OUT / golden).write_bytes(b"".join(value.astype("<f4").tobytes() for value in values))


def write_arrays():
    array = weight(3, 4, 2)
    for name, value in dict(f4=array, f8=array.astype("<f8"), f2=array.astype("<f2"), i4=(array * 64).astype("<i4"), i8=(array * 64).astype("<i8"),
                            fortran=np.asfortranarray(array), scalar=np.float32(2.5), vector=array[0, :, 0], empty=np.zeros((0, 3), np.float32),
                            big=array.astype(">f4"), complex=array.astype("<c8")).items():
        np.save(OUT / f"array-{name}.npy", value)


def main():
    warnings.simplefilter("ignore")
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    weights = meta_weights()
    (OUT / "expected.f32").write_bytes(b"".join(hf_rows(name, value).astype("<f4").tobytes() for name, value in weights.items()))
    write_hugging_face(weights, "hf-f32", torch.float32)
    write_hugging_face(weights, "hf-f16", torch.float16)
    write_hugging_face(weights, "hf-bf16-shards", torch.bfloat16, shard="4KB")
    write_torch("bin-f32", "hf-f32", 1)
    write_torch("bin-f16-one-storage", "hf-f16", 1, shared=True)
    write_torch("bin-bf16-shards", "hf-bf16-shards", 2)
    write_mistral(weights, "mistral-bf16", torch.bfloat16)
    write_llama2c(weights, "v0-separate.bin", 0, shared=False)
    write_llama2c(weights, "v0-shared.bin", 0, shared=True)
    write_llama2c(weights, "v1-separate.bin", 1, shared=False)
    write_llama2c(weights, "v1-shared.bin", 1, shared=True)
    write_meta(weights, "meta-bf16", torch.bfloat16)
    write_meta(weights, "meta-f16-two-parts", torch.float16, ranks=2)
    write_meta(weights, "meta-f32-two-parts-vocabulary", torch.float32, ranks=2, embedding_rows=True)
    write_zip64("meta-zip64", "meta-bf16")
    write_gguf(weights, "f32.gguf", gguf.GGMLQuantizationType.F32)
    write_gguf(weights, "f16.gguf", gguf.GGMLQuantizationType.F16, scaling=4.0)
    write_gguf(weights, "bf16.gguf", gguf.GGMLQuantizationType.BF16, freqs=[1.0, 8.0])
    (OUT / "split").mkdir()
    write_gguf(weights, "split/f16.gguf", gguf.GGMLQuantizationType.F16, split=8)
    write_quantised("quantised.gguf", "quantised.f32")
    write_arrays()


main()
