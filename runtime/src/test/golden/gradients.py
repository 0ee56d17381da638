"""Gradients of the mean next-token loss: of the parameters as PyTorch finds them in Hugging Face's model, of hooks as in TransformerLens."""
import torch
from transformer_lens import HookedTransformer
from transformers import LlamaForCausalLM

# Not ln1's: without split inputs TransformerLens calls it three times, and a hook sees the gradient of the last alone.
HOOKS = ["hook_resid_pre", "ln2.hook_normalized", "attn.hook_q", "attn.hook_rot_k", "attn.hook_v", "attn.hook_attn_scores", "attn.hook_pattern",
         "attn.hook_z", "mlp.hook_pre", "mlp.hook_post", "hook_mlp_out", "hook_resid_post"]


def mean_loss(logits: torch.Tensor, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Over the real tokens of all rows that have a next one."""
    losses = -logits.log_softmax(-1)[:, :-1].gather(-1, tokens[:, 1:, None])[..., 0]
    return losses[mask[:, :-1].bool()].mean()


def gradients(model: LlamaForCausalLM, hooked: HookedTransformer, tokens: torch.Tensor, mask: torch.Tensor) -> dict:
    """Parameters under Hugging Face's names, hooks under TransformerLens's."""
    with torch.enable_grad():
        for weight in model.parameters():
            weight.requires_grad_(True)
            weight.grad = None
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        mean_loss(model(tokens, attention_mask=mask, position_ids=positions).logits, tokens, mask).backward()
        found = {name: weight.grad.clone() for name, weight in model.named_parameters()}

        kept = {}

        def keep(value, hook):
            value.retain_grad()
            kept[hook.name] = value

        masked = {} if bool(mask.all()) else dict(attention_mask=mask, padding_side="left")
        for weight in hooked.parameters():
            weight.requires_grad_(True)
        names = [f"blocks.{layer}.{hook}" for layer in range(hooked.cfg.n_layers) for hook in HOOKS]
        logits = hooked.run_with_hooks(tokens, fwd_hooks=[(name, keep) for name in names], **masked)
        mean_loss(logits, tokens, mask).backward()
        found |= {name: value.grad for name, value in kept.items() if value.grad is not None}
    return found
