"""Trains the SentencePiece tokenizer on generated text: tokenizer.py CORPUS.jsonl FOLDER"""
import json
import sys

import sentencepiece

VOCABULARY = 1792
TEXTS = 60_000


def main(corpus, folder):
    with open(corpus, encoding="utf-8") as lines:
        documents = [document for document in map(json.loads, lines) if "text" in document]
    # more of the facts and word lists, so that names, nouns and invented words become one piece each
    texts = [document["text"] for document in documents[:TEXTS]]
    texts += [document["text"] for document in documents if document["kind"] in ("facts", "words")]
    # Llama 2's conventions: bytes for what has no piece, nothing normalised, a space mark before the text
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_prefix=folder + "/tokenizer", model_type="bpe", vocab_size=VOCABULARY, byte_fallback=True,
        unk_id=0, bos_id=1, eos_id=2, pad_id=-1, normalization_rule_name="identity",
        add_dummy_prefix=True, remove_extra_whitespaces=False, allow_whitespace_only_pieces=True,
        split_digits=True, character_coverage=1.0, max_sentence_length=100_000, num_threads=2, minloglevel=2)


if __name__ == "__main__":
    main(*sys.argv[1:])
