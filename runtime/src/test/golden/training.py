"""Makes ../resources/training: what PyTorch's AdamW does to a few numbers, gradients of metrics through interventions, and what transformers
reads from a model that this engine trained and saved.

    python training.py            # writes ../resources/training; the trained model there is the engine's own (TrainedModelTest says how)
"""
import torch
from safetensors.numpy import save_file
from transformers import LlamaForCausalLM

from make_goldens import GOLDEN, SHAPES, lens
from safetensors.torch import load_file

FOLDER = GOLDEN.parent / "training"


def wave(*shape, by=0.7, scale=1.0):
    """Numbers that any language makes alike: scale · sin(by · i), i from 1 on."""
    count = torch.tensor(shape).prod().item()
    return (scale * torch.sin(by * torch.arange(1, count + 1, dtype=torch.float64))).float().reshape(shape)


def adamw():
    """Five steps with clipping and a rate that changes; the matrix decays, the vector (as norm gains) does not. Weights after every step."""
    matrix, vector = torch.nn.Parameter(wave(5, 7)), torch.nn.Parameter(wave(7, by=0.3))
    optimizer = torch.optim.AdamW([{"params": [matrix], "weight_decay": 0.1}, {"params": [vector], "weight_decay": 0.0}], betas=(0.9, 0.95), eps=1e-8)
    kept = {}
    for step in range(1, 6):
        matrix.grad, vector.grad = wave(5, 7, by=0.2 * step, scale=0.5), wave(7, by=0.5 * step, scale=0.01)
        torch.nn.utils.clip_grad_norm_([matrix, vector], 1.0)
        for group in optimizer.param_groups:
            group["lr"] = 0.01 * step
        optimizer.step()
        kept |= {f"matrix.{step}": matrix.detach().clone(), f"vector.{step}": vector.detach().clone()}
    return kept


def through_interventions():
    """Gradients of each row's own metric by the first residual stream, with one change on the way; InterventionGradientTest has the same list."""
    shape = next(s for s in SHAPES if s.name == "grouped-query")
    folder = GOLDEN / shape.name
    model = lens(LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval(), shape)
    tokens = load_file(folder / "golden.safetensors")["tokens"]
    d, heads, width, vocabulary = shape.d_model, shape.heads, shape.d_head, shape.vocab

    def zero(z, hook):
        z = z.clone()
        z[:, :, 1] = 0
        return z

    def scale(x, hook):
        x = x.clone()
        x[:, [2, -1]] = -1.5 * x[:, [2, -1]]
        return x

    def add(x, hook):
        return x + 0.75 * wave(d)

    def basis(count):
        return torch.linalg.qr(torch.stack([wave(d, by=0.4 * (i + 1)) for i in range(count)]).double().T)[0].T.float()

    def out(x, hook):
        return x - x @ basis(2).T @ basis(2)

    def onto(x, hook):
        return x @ basis(3).T @ basis(3)

    def patch(z, hook):
        z = z.clone()
        z[:, :, 2] = wave(len(tokens), tokens.shape[1], width)
        return z

    def coordinates(x, hook):
        x = x.clone()
        x[:, :, [0, 5]] = 0
        return x

    def difference(logits):
        return logits[:, -1, 4] - logits[:, -1, 10]

    def log_probability(logits):
        return logits[:, -2].softmax(-1)[:, [3, 7]].sum(-1).log()

    def kl(logits):
        reference = wave(vocabulary, scale=2).log_softmax(-1)
        return (reference.exp() * (reference - logits[:, -1].log_softmax(-1))).sum(-1)

    def loss(logits):
        return -logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0].mean(1)

    cases = {"zero": ("blocks.0.attn.hook_z", zero, difference), "scale": ("blocks.0.hook_mlp_out", scale, log_probability), "add": ("blocks.1.hook_resid_mid", add, kl),
             "out": ("blocks.0.hook_resid_post", out, loss), "onto": ("blocks.1.hook_resid_mid", onto, difference), "patch": ("blocks.0.attn.hook_z", patch, loss),
             "coordinates": ("blocks.0.mlp.hook_post", coordinates, kl)}
    kept = {}
    for name, (hook, change, metric) in cases.items():
        def keep(value, hook):
            value.retain_grad()
            kept[name] = value
        metric(model.run_with_hooks(tokens, fwd_hooks=[("blocks.0.hook_resid_pre", keep), (hook, change)])).sum().backward()
        kept[name] = kept[name].grad
    return kept


def trained():
    """Logits that transformers computes with the model in `trained/`."""
    model = LlamaForCausalLM.from_pretrained(FOLDER / "trained", dtype=torch.float32, attn_implementation="eager").eval()
    tokens = torch.tensor([[1, 2, 3, 4, 5, 6, 2, 3, 4, 5], [1, 5, 4, 3, 2, 6, 5, 4, 3, 2]])
    with torch.no_grad():
        return {"tokens": tokens, "logits": model(tokens).logits}


def main():
    FOLDER.mkdir(exist_ok=True)
    for name, make in {"adamw": adamw, "interventions": through_interventions, "logits": trained}.items():
        save_file({key: value.numpy() for key, value in make().items()}, FOLDER / f"{name}.safetensors")


if __name__ == "__main__":
    main()
