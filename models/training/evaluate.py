"""Measures a model on held-out generated text and prints the tables of the model card: evaluate.py MODEL_FOLDER HELDOUT.jsonl"""
import json
import sys
from collections import defaultdict

import sentencepiece
import torch
import torch.nn.functional as F

from llama import Llama

BOS = 1
OPEN, CLOSED = "([{<", ")]}>"
SEED, BATCH, PERIOD = 0, 32, 50


def read(path, limit=None):
    """Documents by kind, at most `limit` of each."""
    kinds = defaultdict(list)
    with open(path, encoding="utf-8") as lines:
        for document in map(json.loads, lines):
            if limit is None or len(kinds[document["kind"]]) < limit:
                kinds[document["kind"]].append(document)
    return kinds


def padded(rows):
    """Rows of ids as one tensor, padded on the right (which a causal model never looks at)."""
    longest = max(map(len, rows))
    return torch.tensor([row + [0] * (longest - len(row)) for row in rows])


def batches(rows, size=64):
    return (rows[start:start + size] for start in range(0, len(rows), size))


class Measured:
    def __init__(self, model, tokenizer):
        self.model, self.tokenizer, self.context = model, tokenizer, model.config.max_position_embeddings

    def ids(self, document):
        return ([BOS] + document["ids"] if "ids" in document else [BOS] + self.tokenizer.encode(document["text"]))[:self.context]

    @torch.no_grad()
    def loss(self, documents):
        """Mean nats a token; for random tokens the pair (first copy, repeats)."""
        sums = [0.0, 0.0]
        counts = [0, 0]
        for group in batches(documents):
            rows = [self.ids(document) for document in group]
            ids = padded(rows)
            losses = F.cross_entropy(self.model(ids)[:, :-1].transpose(1, 2), ids[:, 1:], reduction="none")
            for document, row, loss in zip(group, rows, losses):
                free = document.get("free", 0)
                sums[0] += loss[:free].sum().item()
                sums[1] += loss[free:len(row) - 1].sum().item()
                counts[0] += free
                counts[1] += len(row) - 1 - free
        return tuple(total / count for total, count in zip(sums, counts) if count)

    @torch.no_grad()
    def answers(self, questions):
        """By topic: [asked, answer is the most likely token of all, answer likelier than every wrong one]. Answers are single tokens."""
        topics = defaultdict(lambda: [0, 0, 0])
        for group in batches(questions):
            rows = [[BOS] + self.tokenizer.encode(question["prompt"]) for question in group]
            logits = self.model(padded(rows))
            for question, row, scores in zip(group, rows, logits):
                last = scores[len(row) - 1]
                answer, *wrong = (self.next_token(question["prompt"], row, word) for word in [question["answer"], *question["wrong"]])
                topic = topics[question["topic"]]
                topic[0] += 1
                topic[1] += last.argmax().item() == answer
                topic[2] += all(last[answer] > last[other] for other in wrong)
        return dict(topics)

    def next_token(self, prompt, row, word):
        whole = [BOS] + self.tokenizer.encode(prompt + word)
        assert whole[:-1] == row, f"{word!r} is not one token after {prompt!r}"
        return whole[-1]

    @torch.no_grad()
    def brackets(self, documents):
        """Share of closing brackets of the right kind (among the four closing ones), share of most likely tokens that are allowed where they stand."""
        closing = [self.tokenizer.encode(bracket)[0] for bracket in CLOSED]
        opening = [self.tokenizer.encode(bracket)[0] for bracket in OPEN]
        stop = self.tokenizer.encode("x .")[-1]
        closed = right = places = allowed = 0
        for group in batches(documents):
            rows = [self.ids(document) for document in group]
            for row, logits in zip(rows, self.model(padded(rows))):
                stack = []
                for at in range(1, len(row) - 1):
                    if row[at] in opening:
                        stack.append(opening.index(row[at]))
                    elif row[at] in closing:
                        stack.pop()
                    if row[at] == stop:
                        continue
                    best = logits[at].argmax().item()
                    places += 1
                    allowed += best in opening or (best == closing[stack[-1]] if stack else best == stop)
                    if row[at + 1] in closing:
                        closed += 1
                        right += logits[at][closing].argmax().item() == stack[-1]
        return right / closed, allowed / places

    @torch.no_grad()
    def heads(self, silent=()):
        """Previous-token, induction, duplicate-token and first-token scores [layer, head] on BOS and random tokens said twice."""
        generator = torch.Generator().manual_seed(SEED)
        once = torch.randint(3, self.model.config.vocab_size, (BATCH, PERIOD), generator=generator)
        ids = torch.cat([torch.full((BATCH, 1), BOS), once, once], 1)
        patterns = []
        self.model(ids, patterns, silent)
        second = torch.arange(PERIOD + 1, 2 * PERIOD + 1)
        every = torch.arange(1, 2 * PERIOD + 1)
        stacked = torch.stack([pattern.mean(0) for pattern in patterns])   # [layer, head, dest, src]
        return {"previous": stacked[:, :, every, every - 1].mean(-1), "induction": stacked[:, :, second, second - (PERIOD - 1)].mean(-1),
                "duplicate": stacked[:, :, second, second - PERIOD].mean(-1), "first": stacked[:, :, :, 0].mean(-1)}


def strongest(scores, count=3):
    best = scores.flatten().topk(count)
    return [(index // scores.shape[1], index % scores.shape[1], value) for index, value in zip(best.indices.tolist(), best.values.tolist())]


def main(folder, heldout):
    torch.set_num_threads(2)
    measured = Measured(Llama.load(folder), sentencepiece.SentencePieceProcessor(model_file=f"{folder}/tokenizer.model"))
    kinds = read(heldout)

    print("| kind | documents | loss, nats a token |\n|---|---|---|")
    for kind, documents in sorted(kinds.items()):
        loss = measured.loss(documents)
        print(f"| {kind} | {len(documents)} | " + (f"{loss[0]:.3f}" if len(loss) == 1 else f"{loss[0]:.3f} first copy, {loss[1]:.3f} repeats") + " |")

    print("\n| kind | question | asked | most likely token | over the wrong answers |\n|---|---|---|---|---|")
    for kind, documents in sorted(kinds.items()):
        for topic, (asked, best, over) in sorted(measured.answers([document for document in documents if "prompt" in document]).items()):
            print(f"| {kind} | {topic} | {asked} | {best / asked:.1%} | {over / asked:.1%} |")
    right, allowed = measured.brackets(kinds["brackets"])
    print(f"\nBrackets: right kind closed {right:.1%}, most likely token allowed {allowed:.1%}")

    scores = measured.heads()
    print("\n| head score | strongest heads |\n|---|---|")
    for name, values in scores.items():
        print(f"| {name} | " + ", ".join(f"{layer}.{head} {value:.2f}" for layer, head, value in strongest(values)) + " |")
    for layer, head, score in strongest(scores["induction"], 2):
        earlier = [(before, number) for before, number, previous in strongest(scores["previous"], 6) if before < layer and previous > 0.6]
        names = " and ".join(f"{before}.{number}" for before, number in earlier)
        without = measured.heads(earlier)["induction"][layer, head].item()
        print(f"\nInduction head {layer}.{head}: {score:.2f}; with the previous-token heads below it ({names}) zeroed: {without:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
