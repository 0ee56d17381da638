"""A checkpoint in Hugging Face transformers and in TransformerLens 3, with the weights as they are in the file."""
import os
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["TQDM_DISABLE"] = "1"
warnings.filterwarnings("ignore")
import torch
import transformers
import transformer_lens.patching
from transformer_lens import HookedTransformer, HookedTransformerConfig
from transformer_lens.pretrained.weight_conversions import convert_llama_weights

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
transformer_lens.patching.tqdm = lambda cells, **_: cells


def hugging_face(path):
    """The model in float32, its quantised weights decoded, and its tokenizer: of a GGUF file or of a folder."""
    folder, file = (path, None) if os.path.isdir(path) else os.path.split(os.path.abspath(path))
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, gguf_file=file)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=file, dtype=torch.float32, attn_implementation="eager")
    return model.eval(), tokenizer


def hooked(hf, dtype=torch.float32):
    """TransformerLens's model with the same weights: none folded, none centred."""
    c = hf.config
    if c.model_type != "llama" or c.rope_parameters["rope_type"] != "default":
        raise SystemExit(f"only Llama without scaled rotary frequencies is set up here, not {c.model_type}")
    cfg = HookedTransformerConfig(
        n_layers=c.num_hidden_layers, d_model=c.hidden_size, n_ctx=2048, d_head=c.head_dim,
        n_heads=c.num_attention_heads, d_mlp=c.intermediate_size, d_vocab=c.vocab_size, act_fn="silu",
        eps=c.rms_norm_eps, normalization_type="RMS", positional_embedding_type="rotary", rotary_dim=c.head_dim,
        rotary_adjacent_pairs=False, rotary_base=c.rope_parameters["rope_theta"], final_rms=True, gated_mlp=True,
        n_key_value_heads=None if c.num_key_value_heads == c.num_attention_heads else c.num_key_value_heads,
        default_prepend_bos=False, original_architecture="LlamaForCausalLM", device="cpu", dtype=dtype)
    model = HookedTransformer(cfg)
    weights = {name: weight.detach().to(dtype) for name, weight in convert_llama_weights(hf, cfg).items()}
    missing = model.load_state_dict(weights, strict=False).missing_keys
    if any(not key.endswith(("mask", "IGNORE", "rotary_sin", "rotary_cos")) for key in missing):
        raise SystemExit(f"weights without a value: {missing}")
    return model.eval()
