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
FREE = 0.5   # what a random, unforeseeable token counts in the loss; an answer counts as --answer says, every other token 1


def encoded(corpus, tokenizer, answer, stories, generator):
    """Documents as (ids with BOS, weight of each id as a target, hints), the repeated random tokens apart."""
    texts, repeats = [], []
    with open(corpus, encoding="utf-8") as lines:
        for document in map(json.loads, lines):
            if document["kind"] == "stories" and generator.random() >= stories:
                continue
            if "ids" in document:
                weights = np.ones(len(document["ids"]) + 1, np.float32)
                weights[1:document["free"] + 1] = FREE
                repeats.append((np.array([BOS] + document["ids"], np.int16), weights, []))
                continue
            ids = tokenizer.encode(document["text"])
            weights = np.ones(len(ids) + 1, np.float32)
            if document["kind"] == "recall":   # the second half names every key again: all of it asks
                weights[len(weights) // 2:] = answer / 2
            if "prompt" in document:
                start = len(tokenizer.encode(document["prompt"]))
                weights[start + 1:len(tokenizer.encode(document["prompt"] + document["answer"])) + 1] = answer
            hints = referent_hints(document, [BOS] + ids, start, tokenizer) if "prompt" in document else []
            texts.append((np.array([BOS] + ids, np.int16), weights, hints))
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
            document, weight, _ = self.documents[self.order.pop()]
            ids.append(document)
            weights.append(weight)
            filled += len(document)
        return np.concatenate(ids)[:length], np.concatenate(weights)[:length]


def packed(mixture, drill, length, batch, share, generator):
    """`batch` rows of length + 1, each from `drill` with probability `share`: ids, weights, and [batch, 1] of which rows those are."""
    drills = torch.tensor([[int(generator.random() < share)] for _ in range(batch)])
    rows = [(drill if chosen else mixture).next(length + 1) for chosen in drills]
    return (torch.from_numpy(np.stack([row for row, _ in rows]).astype(np.int64)), torch.from_numpy(np.stack([weight for _, weight in rows])), drills)


class Single:
    """One document a row, in batches of documents of like length: nothing but the document itself can be attended to."""
    POOL = 4000

    def __init__(self, documents, generator):
        self.documents, self.generator, self.order, self.ready = documents, generator, [], []

    def next(self, tokens):
        """About `tokens` tokens: ids and weights [documents, longest], padded on the right with weight 0; hints as sources [3, documents, longest]."""
        if not self.ready:
            if len(self.order) < self.POOL:
                self.order = list(range(len(self.documents)))
                self.generator.shuffle(self.order)
            pool, self.order = self.order[:self.POOL], self.order[self.POOL:]
            batch = []
            for index in sorted(pool, key=lambda index: len(self.documents[index][0])):
                if (len(batch) + 1) * len(self.documents[index][0]) > tokens and batch:
                    self.ready.append(batch)
                    batch = []
                batch.append(index)
            self.generator.shuffle(self.ready)
        batch = [self.documents[index] for index in self.ready.pop()]
        longest = max(len(ids) for ids, _, _ in batch)
        ids = np.zeros((len(batch), longest), np.int64)
        weights = np.zeros((len(batch), longest), np.float32)
        sources = np.full((3, len(batch), longest), -100)
        for row, (document, weight, hints) in enumerate(batch):
            ids[row, :len(document)] = document
            weights[row, :len(document)] = weight
            for step, dest, source in hints:
                sources[step, row, dest] = source
        return torch.from_numpy(ids), torch.from_numpy(weights), torch.from_numpy(sources)


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


class Guide:
    """A nudge for some heads of a layer early in training: the cross-entropy of a head's pattern against one source for each destination."""

    def __init__(self, heads):
        self.heads, self.loss = heads, 0.0   # head: sources [batch, dest], -100 where nothing is asked

    def __call__(self, q, k):
        length = q.shape[2]
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        for head, sources in self.heads.items():
            if (sources >= 0).any():
                scores = q[:, head] @ k[:, head].transpose(-1, -2) / q.shape[-1] ** 0.5
                self.loss = self.loss + F.cross_entropy(scores.masked_fill(future, float("-inf")).reshape(-1, length), sources.reshape(-1))


def referent_hints(document, ids, prompt, tokenizer):
    """Of a sentence with which, it, who or whose: (dest, source) for the three steps that resolve it. Of a value and its owner, the later
    looks at the earlier; the end looks at the referent; the end looks at the later of owner and value, where the value can be read."""
    if document.get("topic") not in ("which", "it", "who", "whose"):
        return []
    asked = ids[1:prompt + 1]
    people = document["topic"] in ("who", "whose")
    for at in range(prompt, 0, -1):
        piece = tokenizer.id_to_piece(ids[at]).strip("\u2581")
        content = piece[:1].isupper() if people else len(piece) > 2 and piece.islower() and piece not in ("the", "was", "and", "that")
        if content and ids[at] in asked[:at - 1]:
            owner, value = asked.index(ids[at]) + 1, asked.index(ids[prompt + 1]) + 1
            first, second = min(owner, value), max(owner, value)
            return [(0, second, first), (1, prompt, at), (2, prompt, second)]
    return []


def before(ids, distance):
    """The position so far before each; none where a row has none, or for a document's beginning."""
    sources = torch.arange(-distance, ids.shape[1] - distance).expand_as(ids)
    return sources.where((sources >= 0) & (ids != BOS), torch.tensor(-100))


def after_last_time(ids, words):
    """Where the same token (or the same two, by `words`) came before in a document, the position after that: what an induction head looks at."""
    sources = torch.full_like(ids, -100)
    for row, source in zip(ids.tolist(), sources):
        seen = {}
        for at, token in enumerate(row):
            if token == BOS:
                seen = {}
            elif at >= words:
                said = tuple(row[at - words + 1:at + 1])
                if said in seen and token:
                    source[at] = seen[said] + 1
                seen[said] = at
    return sources


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
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--rate", type=float, default=0.004)
    options.add_argument("--report-every", type=float, default=2, help="minutes")
    options.add_argument("--answer", type=float, default=4, help="what an answer's token counts in the loss")
    options.add_argument("--stories", type=float, default=1, help="share of the stories that is used")
    options.add_argument("--early-repeats", type=float, default=0.5, help="share of rows of repeated random tokens at first")
    options.add_argument("--single", action="store_true", help="one document a row instead of several")
    options.add_argument("--guided", type=float, default=0.2, help="share of the time in which a previous-token and an induction head are nudged")
    options.add_argument("--nudge", type=float, default=0.3, help="what the nudges count in the loss at first")
    o = options.parse_args()

    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    generator = random.Random(o.seed)
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=o.tokenizer + "/tokenizer.model")
    began = time.time()
    texts, repeats = encoded(o.corpus, tokenizer, o.answer, o.stories, generator)
    print(f"{len(texts)} texts and {len(repeats)} repeats, {sum(len(document[0]) for document in texts + repeats) / 1e6:.1f}M tokens, read in {time.time() - began:.0f} s", flush=True)
    kinds = evaluate.read(o.heldout, 128)
    mixture, drill, single = Rows(texts + repeats, generator), Rows(repeats, generator), Single(texts + repeats, generator)

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
        share = o.early_repeats * max(0.0, 1 - progress / 0.2)
        if o.single:
            ids, weights, hints = single.next(256 * o.batch)
        else:
            ids, weights, drills = packed(mixture, drill, length, batch, share, generator)
        weights = weights[:, 1:]
        weights = weights.where(ids[:, 1:] != BOS, torch.zeros(()))   # where a document ends is nobody's business
        guided = max(0.0, 1 - progress / o.guided) if o.guided else 0.0
        guides = {}
        if guided:
            inputs = ids[:, :-1]
            if o.single:
                owner, referent, value = hints[:, :, :-1]
                guides = {1: Guide({3: before(inputs, 2), 1: owner}), 2: Guide({1: after_last_time(inputs, 2), 2: referent}), 3: Guide({0: value})}
            else:
                guides = {1: Guide({0: before(inputs, 1)}), 2: Guide({0: after_last_time(inputs, 1) * drills - 100 * (1 - drills)})}
        logits = model(ids[:, :-1], guides=guides)
        losses = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1), reduction="none")
        loss = (losses * weights.reshape(-1)).sum() / weights.sum()
        (loss + o.nudge * guided * sum(guide.loss for guide in guides.values())).backward()
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        muon.step(o.rate * rate(progress))
        for group in adam.param_groups:
            group["lr"] = 0.4 * o.rate * rate(progress)
        adam.step()
        model.zero_grad(set_to_none=True)
        step, tokens = step + 1, tokens + ids.numel()
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
