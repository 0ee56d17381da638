"""Head scores in plain NumPy, one loop per definition, as an oracle for the faster ways of computing them."""
import numpy as np
import torch
from transformer_lens import HookedTransformer

PERIOD = 12          # of the repeated sequence: BOS, then PERIOD random tokens twice
BATCH = 2
PREFIX_TOKENS = 25   # Olsson et al. 2022: 25 random tokens, four times, after a BOS
PREFIX_COPIES = 4


def repeated(random: np.random.Generator, vocab: int, bos: int, length: int, copies: int) -> np.ndarray:
    """[batch, 1 + copies * length]; no token occurs twice within a copy."""
    rows = [random.choice(np.arange(3, vocab), length, replace=False) for _ in range(BATCH)]
    return np.stack([np.concatenate([[bos], np.tile(row, copies)]) for row in rows]).astype(np.int64)


def patterns(model: HookedTransformer, tokens: np.ndarray) -> np.ndarray:
    """[layer, batch, head, dest, src]"""
    _, cache = model.run_with_cache(torch.from_numpy(tokens))
    return np.stack([cache[f"blocks.{layer}.attn.hook_pattern"].numpy() for layer in range(model.cfg.n_layers)]).astype(np.float64)


def mean_over(pattern: np.ndarray, pairs: list[tuple[int, int]]) -> np.ndarray:
    """Mean attention [layer, head] over (destination, source) pairs and over the batch."""
    return np.mean([pattern[:, :, :, dest, src].mean(1) for dest, src in pairs], axis=0)


def copying(model: HookedTransformer) -> np.ndarray:
    """
    sum(Re λ) / sum(|λ|) over the eigenvalues of the full OV circuit W_E W_V W_O W_U [layer, head], the V × V matrix
    built in full. Norm gains are not folded into it.
    """
    embed, unembed = model.W_E.double().numpy(), model.W_U.double().numpy()
    scores = np.zeros((model.cfg.n_layers, model.cfg.n_heads))
    for layer in range(model.cfg.n_layers):
        attention = model.blocks[layer].attn
        for head in range(model.cfg.n_heads):
            # Under grouped-query attention TransformerLens's W_V repeats each key/value head for its query heads.
            circuit = embed @ attention.W_V[head].double().numpy() @ attention.W_O[head].double().numpy() @ unembed
            eigenvalues = np.linalg.eigvals(circuit)
            assert np.isclose(eigenvalues.sum(), np.trace(circuit))
            # All but d_head of them are zero but for rounding, and must not count.
            eigenvalues = eigenvalues[np.argsort(-np.abs(eigenvalues))][:model.cfg.d_head]
            scores[layer, head] = eigenvalues.real.sum() / np.abs(eigenvalues).sum()
    return scores


def head_scores(model: HookedTransformer, vocab: int, bos: int, seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    tokens = repeated(random, vocab, bos, PERIOD, 2)
    pattern = patterns(model, tokens)
    everywhere = range(tokens.shape[1])
    second_copy = range(1 + PERIOD, 1 + 2 * PERIOD)

    prefix_tokens = repeated(random, vocab, bos, PREFIX_TOKENS, PREFIX_COPIES)
    prefix_pattern = patterns(model, prefix_tokens)
    prefix = np.zeros((model.cfg.n_layers, model.cfg.n_heads))
    later_copies = range(1 + PREFIX_TOKENS, 1 + PREFIX_COPIES * PREFIX_TOKENS)
    for dest in later_copies:
        followers = range(dest - PREFIX_TOKENS + 1, 1, -PREFIX_TOKENS)  # what came after each earlier copy of dest's token
        prefix += prefix_pattern[:, :, :, dest, list(followers)].sum(-1).mean(1)
    prefix /= len(later_copies)

    scores = {
        "first_token": mean_over(pattern, [(dest, 0) for dest in everywhere]),
        "previous_token": mean_over(pattern, [(dest, dest - 1) for dest in everywhere if dest >= 1]),
        "current_token": mean_over(pattern, [(dest, dest) for dest in everywhere]),
        "duplicate_token": mean_over(pattern, [(dest, dest - PERIOD) for dest in second_copy]),
        "induction": mean_over(pattern, [(dest, dest - (PERIOD - 1)) for dest in second_copy]),
        "prefix_matching": prefix,
        "copying": copying(model),
    }
    arrays = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in scores.items()}
    return arrays | {"tokens": tokens, "prefix_matching.tokens": prefix_tokens}
