"""Trains the bundled model on generated text: train.py CORPUS.jsonl TOKENIZER_FOLDER OUTPUT_FOLDER [options]; README.md says how it was run."""
import argparse
import json
import math
import random
import shutil
import time
from pathlib import Path

import numpy as np
import sentencepiece
import torch
import torch.nn.functional as F

import evaluate
from llama import Config, Llama

BOS = 1
ANSWER, FREE = 4.0, 0.1   # what an answer's token and a random, unforeseeable one count in the loss; every other token counts 1


def encoded(corpus, tokenizer):
    """Documents as (ids with BOS, weight of each id as a target), the repeated random tokens apart."""
    texts, repeats = [], []
    with open(corpus, encoding="utf-8") as lines:
        for document in map(json.loads, lines):
            if "ids" in document:
                weights = np.ones(len(document["ids"]) + 1, np.float32)
                weights[1:document["free"] + 1] = FREE
                repeats.append((np.array([BOS] + document["ids"], np.int16), weights))
                continue
            ids = tokenizer.encode(document["text"])
            weights = np.ones(len(ids) + 1, np.float32)
            if "prompt" in document:
                start = len(tokenizer.encode(document["prompt"]))
                weights[start + 1:len(tokenizer.encode(document["prompt"] + document["answer"])) + 1] = ANSWER
            texts.append((np.array([BOS] + ids, np.int16), weights))
    return texts, repeats


class Rows:
    """Documents one after another, in an order drawn anew each time round; every row begins with a document, the last is cut off."""

    def __init__(self, documents, generator):
        self.documents, self.generator, self.order = documents, generator, []

    def next(self, length):
        ids, weights, filled = [], [], 0
        while filled < length:
            if not self.order:
                self.order = list(range(len(self.documents)))
                self.generator.shuffle(self.order)
            document, weight = self.documents[self.order.pop()]
            ids.append(document)
            weights.append(weight)
            filled += len(document)
        return np.concatenate(ids)[:length], np.concatenate(weights)[:length]


class Muon:
    """Momentum made orthogonal, for matrices (Jordan 2024); matrices of one shape are done together, in f32."""

    def __init__(self, parameters, momentum=0.95):
        self.groups, self.momentum = {}, momentum
        for parameter in parameters:
            self.groups.setdefault(tuple(parameter.shape), []).append(parameter)
        self.state = {shape: torch.zeros(len(group), *shape) for shape, group in self.groups.items()}

    @torch.no_grad()
    def step(self, rate, decay=0.01):
        for shape, group in self.groups.items():
            gradient = torch.stack([parameter.grad for parameter in group])
            moving = self.state[shape].mul_(self.momentum).add_(gradient, alpha=1 - self.momentum)
            update = orthogonal(gradient.lerp(moving, self.momentum)) * max(1, shape[0] / shape[1]) ** 0.5
            for parameter, change in zip(group, update):
                parameter.mul_(1 - rate * decay).sub_(change, alpha=rate)


def orthogonal(x):
    """Newton-Schulz iteration: the singular values of [count, rows, columns] become about one."""
    wide = x.shape[1] <= x.shape[2]
    x = x if wide else x.transpose(1, 2)
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x if wide else x.transpose(1, 2)


def rate(progress):
    """Share of the peak learning rate: a short rise, level, then a cosine down to a fiftieth."""
    if progress < 0.02:
        return max(progress / 0.02, 0.02)
    if progress < 0.3:
        return 1.0
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (progress - 0.3) / 0.7))


def report(model, tokenizer, kinds):
    model.eval()
    measured = evaluate.Measured(model, tokenizer)
    parts = []
    for kind, documents in kinds.items():
        parts.append(f"{kind} " + "/".join(f"{loss:.2f}" for loss in measured.loss(documents)))
        topics = measured.answers([document for document in documents if "prompt" in document])
        if topics:
            parts[-1] += " (" + " ".join(f"{topic} {100 * over // asked}" for topic, (asked, _, over) in sorted(topics.items())) + ")"
    heads = measured.heads()
    for name in "previous", "induction":
        parts.append(name + " " + " ".join(f"{layer}.{head}={value:.2f}" for layer, head, value in evaluate.strongest(heads[name])))
    model.train()
    return "; ".join(parts)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("corpus")
    options.add_argument("tokenizer")
    options.add_argument("output")
    options.add_argument("--heldout", required=True)
    options.add_argument("--minutes", type=float, default=40)
    options.add_argument("--from", dest="start", help="folder of a model to train further")
    options.add_argument("--batch", type=int, default=8, help="rows of 256 tokens in a step")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--rate", type=float, default=0.02)
    options.add_argument("--report-every", type=float, default=2, help="minutes")
    options.add_argument("--early-repeats", type=float, default=0.5, help="share of rows of repeated random tokens at first")
    o = options.parse_args()

    torch.set_num_threads(2)
    torch.manual_seed(o.seed)
    generator = random.Random(o.seed)
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=o.tokenizer + "/tokenizer.model")
    began = time.time()
    texts, repeats = encoded(o.corpus, tokenizer)
    print(f"{len(texts)} texts and {len(repeats)} repeats, {sum(len(ids) for ids, _ in texts + repeats) / 1e6:.1f}M tokens, read in {time.time() - began:.0f} s", flush=True)
    kinds = evaluate.read(o.heldout, 128)
    mixture, drill = Rows(texts + repeats, generator), Rows(repeats, generator)

    model = Llama.load(o.start).train() if o.start else Llama(Config(vocab_size=tokenizer.get_piece_size()))
    print(sum(parameter.numel() for parameter in model.parameters()), "parameters", flush=True)
    matrices = [parameter for name, parameter in model.named_parameters() if "proj" in name]
    others = [parameter for name, parameter in model.named_parameters() if "proj" not in name]
    muon, adam = Muon(matrices), torch.optim.AdamW(others, betas=(0.9, 0.98), weight_decay=0.0)
    Path(o.output).mkdir(parents=True, exist_ok=True)
    shutil.copy(o.tokenizer + "/tokenizer.model", o.output)

    began = reported = time.time()
    step = tokens = 0
    running = 0.0
    while (progress := (time.time() - began) / (60 * o.minutes)) < 1:
        length, batch = (256, o.batch) if progress < 0.85 else (512, o.batch // 2)
        share = o.early_repeats * max(0.0, 1 - progress / 0.25)
        rows = [(drill if generator.random() < share else mixture).next(length + 1) for _ in range(batch)]
        ids = torch.from_numpy(np.stack([row for row, _ in rows]).astype(np.int64))
        weights = torch.from_numpy(np.stack([weight for _, weight in rows]))[:, 1:]
        weights = weights.where(ids[:, 1:] != BOS, torch.zeros(()))   # where a document ends is nobody's business
        logits = model(ids[:, :-1])
        losses = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1), reduction="none")
        loss = (losses * weights.reshape(-1)).sum() / weights.sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        muon.step(o.rate * rate(progress))
        for group in adam.param_groups:
            group["lr"] = 0.2 * o.rate * rate(progress)
        adam.step()
        model.zero_grad(set_to_none=True)
        step, tokens = step + 1, tokens + length * batch
        running = loss.item() if step == 1 else 0.98 * running + 0.02 * loss.item()
        if time.time() - reported > 60 * o.report_every:
            speed = tokens / (time.time() - began)
            model.save(o.output)
            print(f"{(time.time() - began) / 60:.1f} min, step {step}, {tokens / 1e6:.1f}M tokens, {speed:.0f} tokens/s, loss {running:.3f}; {report(model, tokenizer, kinds)}", flush=True)
            reported = time.time()
    model.save(o.output)
    print(f"done: step {step}, {tokens / 1e6:.1f}M tokens; {report(model, tokenizer, kinds)}")


if __name__ == "__main__":
    main()
