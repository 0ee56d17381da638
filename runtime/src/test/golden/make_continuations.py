"""Makes ../resources/continuations/smollm2.safetensors: what transformers computes with the real SmolLM2-135M-Instruct.

    python make_continuations.py FOLDER     # the folder of SmolLM2-135M-Instruct.Q4_1.gguf

Run with Python 3.11, transformers 5.24.0, torch 2.15.0 (CPU), gguf 0.19.0, numpy 2.4.6, safetensors 0.8.0.

transformers dequantises the weights to f32. Each prompt is continued greedily by 30 tokens, without a stop. The file holds,
for prompt N: `N.prompt` (ids), `N.tokens` (the 30 ids), `N.logits` [position, id] of a run of prompt and continuation, at
every position and at every 997th id, and `N.margin`, by how much the logit of each new token leads the next one: where it is
tiny, another order of additions could choose another token. The script stops where it is below 1e-2.
"""
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

PROMPTS = ["The capital of France is", "Once upon a time, there was a small dragon who",
           "def fibonacci(n):\n    \"\"\"Return the n-th Fibonacci number.\"\"\"\n"]
NEW, EVERY = 30, 997
OUT = Path(__file__).resolve().parent.parent / "resources" / "continuations" / "smollm2.safetensors"

folder, file = sys.argv[1], "SmolLM2-135M-Instruct.Q4_1.gguf"
tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
arrays = {}
with torch.no_grad():
    for number, text in enumerate(PROMPTS):
        prompt = tokenizer(text, return_tensors="pt", add_special_tokens=False).input_ids
        ids = prompt
        for _ in range(NEW):
            ids = torch.cat([ids, model(ids).logits[:, -1:].argmax(-1)], dim=1)
        logits = model(ids).logits[0]
        first = prompt.shape[1]
        two = logits[first - 1:-1].topk(2).values
        margin = (two[:, 0] - two[:, 1]).numpy()
        assert (logits[first - 1:-1].argmax(-1) == ids[0, first:]).all()
        print(repr(tokenizer.decode(ids[0])), "smallest margin", margin.min())
        assert margin.min() > 1e-2, "two tokens are nearly as probable: take another prompt"
        arrays |= {f"{number}.prompt": prompt[0].numpy(), f"{number}.tokens": ids[0, first:].numpy(),
                   f"{number}.logits": np.ascontiguousarray(logits[:, ::EVERY].numpy()), f"{number}.margin": margin}
OUT.parent.mkdir(exist_ok=True)
save_file(arrays, OUT)
