"""Circuits, compositions, attribution and lenses in plain NumPy, every matrix multiplied out, in double precision."""
import numpy as np
import torch
from transformer_lens import HookedTransformer

HEAD = (1, 3)                    # whose full circuits are kept, at the tokens ROWS × COLUMNS
ROWS, COLUMNS = slice(3, 15), slice(1, 18)
OFFSET = 3
CORRECT, WRONG, POSITION = 7, 11, 3
PAIR = (1, 4)                    # positions whose residual streams are compared


def rotation(d_head: int, theta: float, offset: int) -> np.ndarray:
    """R with x · R = the row vector x turned by `offset` positions: coordinate i is paired with i + d_head / 2."""
    half = d_head // 2
    turn = np.zeros((d_head, d_head))
    for i in range(half):
        angle = offset * theta ** (-2 * i / d_head)
        turn[i, i] = turn[i + half, i + half] = np.cos(angle)
        turn[i, i + half], turn[i + half, i] = np.sin(angle), -np.sin(angle)
    return turn


def circuits(model: HookedTransformer, theta: float, offset: int, fold: bool) -> tuple[np.ndarray, np.ndarray]:
    """OV and QK [layer, head, dModel, dModel]. Under grouped-query attention TransformerLens repeats W_K and W_V."""
    ov, qk = [], []
    for block in model.blocks:
        w_q, w_k, w_v, w_o = (w.detach().double().numpy() for w in (block.attn.W_Q, block.attn.W_K, block.attn.W_V, block.attn.W_O))
        if fold:
            gain = block.ln1.w.detach().double().numpy()[:, None]
            w_q, w_k, w_v = w_q * gain, w_k * gain, w_v * gain
        turn = rotation(model.cfg.d_head, theta, offset)
        ov.append(w_v @ w_o)
        qk.append(w_q @ turn @ w_k.transpose(0, 2, 1))
    return np.array(ov), np.array(qk)


def composition(kind: str, ov: np.ndarray, qk: np.ndarray) -> np.ndarray:
    """[fromLayer, fromHead, toLayer, toHead]"""
    layers, heads = ov.shape[:2]
    scores = np.full((layers, heads, layers, heads), np.nan)
    for l1, h1, l2, h2 in np.ndindex(scores.shape):
        if l1 < l2:
            one = ov[l1, h1]
            two = {"Q": qk[l2, h2], "K": qk[l2, h2].T, "V": ov[l2, h2]}[kind]
            scores[l1, h1, l2, h2] = np.linalg.norm(one @ two) / np.linalg.norm(one) / np.linalg.norm(two)
    return scores


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def analysis(model: HookedTransformer, tokens: torch.Tensor, theta: float) -> dict[str, np.ndarray]:
    arrays = {}
    w_e, w_u = model.W_E.double().numpy(), model.W_U.double().numpy()
    final_gain = model.ln_final.w.detach().double().numpy()
    for fold in (False, True):
        ov, qk = circuits(model, theta, OFFSET, fold)
        name = "folded." if fold else ""
        arrays[name + "ov.norm"] = np.linalg.norm(ov, axis=(2, 3))
        arrays[name + "qk.norm"] = np.linalg.norm(qk, axis=(2, 3))
        arrays[name + "ov.trace"] = np.trace(ov, axis1=2, axis2=3)
        arrays[name + "ov.singular"] = np.linalg.svd(ov, compute_uv=False)[..., :model.cfg.d_head]
        arrays[name + "ov.full"] = (w_e @ ov[HEAD] @ ((final_gain if fold else 1) * w_u.T).T)[ROWS, COLUMNS]
        arrays[name + "qk.full"] = (w_e @ qk[HEAD] @ w_e.T)[ROWS, COLUMNS]
        for kind in "QKV":
            arrays[name + "composition." + kind] = composition(kind, ov, qk)
    plain_ov, plain_qk = circuits(model, theta, 0, False)
    arrays["composition.K.without_offset"] = composition("K", plain_ov, plain_qk)

    _, cache = model.run_with_cache(tokens)
    value = {name: cache[name].double().numpy() for name in cache}
    layers = range(model.cfg.n_layers)
    scale = value["ln_final.hook_scale"][:, POSITION]                                     # [batch, 1]
    direction = (w_u[:, CORRECT] - w_u[:, WRONG]) * final_gain
    parts = [value["hook_embed"]] + [value[f"blocks.{l}.hook_{part}_out"] for l in layers for part in ("attn", "mlp")]
    arrays["attribution.component"] = np.stack([part[:, POSITION] @ direction for part in parts], 1) / scale
    w_o = [block.attn.W_O.detach().double().numpy() for block in model.blocks]
    w_down = [block.mlp.W_out.detach().double().numpy() for block in model.blocks]
    arrays["attribution.head"] = np.stack(
        [np.einsum("bhd,hdm,m->bh", value[f"blocks.{l}.attn.hook_z"][:, POSITION], w_o[l], direction) / scale for l in layers], 1)
    arrays["attribution.neuron"] = np.stack(
        [value[f"blocks.{l}.mlp.hook_post"][:, POSITION] * (w_down[l] @ direction) / scale for l in layers], 1)

    def unembedded(x: np.ndarray) -> np.ndarray:
        return x / np.sqrt((x ** 2).mean(-1, keepdims=True) + model.cfg.eps) * final_gain @ w_u
    residual = [value[f"blocks.{l}.hook_resid_pre"] for l in layers] + [value[f"blocks.{layers[-1]}.hook_resid_post"]]
    arrays["lens.residual"] = softmax(unembedded(np.stack(residual, 1)))                   # [batch, layer, pos, dVocab]
    for part in ("attn", "mlp"):
        arrays["lens." + part] = softmax(unembedded(np.stack([value[f"blocks.{l}.hook_{part}_out"][:, POSITION] for l in layers], 1)))
    arrays["neurons"] = w_down[1][:3] * final_gain @ w_u                                   # [neuron, dVocab]

    rolled = np.eye(tokens.shape[1])
    for l in layers:
        rolled = (0.5 * value[f"blocks.{l}.attn.hook_pattern"].mean(1) + 0.5 * np.eye(tokens.shape[1])) @ rolled
    arrays["rollout"] = rolled
    a, b = (np.stack([r[:, p] for r in residual], 1) for p in PAIR)                        # [batch, layer, dModel]
    arrays["distance"] = np.linalg.norm(a - b, axis=-1)
    arrays["cosine"] = (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in arrays.items()}
