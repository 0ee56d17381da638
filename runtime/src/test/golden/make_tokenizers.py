"""Writes src/test/resources/tokenizers: small tokenizers of every kind that tokenizer.json holds, and the ids that
Hugging Face's library gives them for a battery of texts.

    pip install transformers==5.24.0 gguf==0.19.0
    python make_tokenizers.py ../resources/tokenizers ../../../../models/bundled [SmolLM2.gguf]

Where SmolLM2-135M-Instruct's GGUF file is given, smollm2.json gets the ids of that real tokenizer; its vocabulary is not
copied.
"""
import base64, json, random, sys, unicodedata
from pathlib import Path
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

GPT_2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA_3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
           r"|\s*[\r\n]+|\s+(?!\S)|\s+")
TEKKEN = (r"[^\r\n\p{L}\p{N}]?((?=[\p{L}])([^a-z]))*((?=[\p{L}])([^A-Z]))+"
          r"|[^\r\n\p{L}\p{N}]?((?=[\p{L}])([^a-z]))+((?=[\p{L}])([^A-Z]))*"
          r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")

PROSE = """The capital of France is Paris. When Mary and John went to the store, John gave a drink to Mary.
It's what they've said; I'm sure we'll don't you'd HE'S and WE'LL. Numbers: 1 12 123 1234 12345 3.14159 2024-11-28.
def f(x):\n    return x ** 2\n\tif x: print("hi")\nfor (int i = 0; i < n; i++) { a[i] += b[i]; }
Café déjà vu, naïve façade, Việt Nam, Übergröße, señor, Ελλάδα, Москва, 東京都に住む, 日本語のテキスト, 한국어 문장, שלום עולם, مرحبا بالعالم, हिन्दी में पाठ
👍🏽 👨‍👩‍👧 🇫🇷 ∑∫√ ½ ² ⅷ ①  —–-…«» “quotes” ‘single’ \u200b zero\u00a0width\u3000ideographic\r\nlines\r\n\r\n\n\nend   of   text  """


def battery():
    texts = ["", " ", "  ", "\n", "\r\n", "\t", " \n ", "a", " a", "  a", "a ", "a  ", "Hello world! 123", "Hello", " Hello",
             "  multiple   spaces", "Café déjà vu.", "Cafe\u0301 de\u0301ja\u0300", " Việt", "<|im_start|>user\nHi<|im_end|>\n",
             "<|im_start|><|im_start|>", " <|im_end|> x", "<s>", "</s> end", "<unk>", "<0x0A>", "▁", "▁a ▁", "a▁b", "Ġthe",
             "The capital of France is", "\u0000", "a\u0000b", "\ufeffbom", "\ufffd", "\U0001F44D\U0001F3FD", "e\u0301\u0327",
             "I'LL we'Ll can't CAN'T 'tis ''", "12345678901234567890", "1 2 3 ٣٤ ४५ ⅷ ½", "x" * 300, " " * 40 + "x", "\n" * 20]
    words = PROSE.split()
    texts += words + [" " + word for word in words] + PROSE.split("\n")
    rng = random.Random(7)
    alphabet = [c for c in PROSE] + [chr(rng.randrange(0x20, 0x3000)) for _ in range(60)] + list("  \n\t'\u2019") * 4
    alphabet = [c for c in alphabet if unicodedata.category(c) not in ("Cn", "Cs")]
    while len(texts) < 420:
        texts.append("".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 40))))
    return list(dict.fromkeys(texts))


def byte_level(splits, size, normalizer=None, ignore_merges=False, bos=None, special=("<|im_start|>", "<|im_end|>")):
    tokenizer = Tokenizer(models.BPE())
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(split), "isolated") if isinstance(split, str) else split for split in splits]
        + [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(PROSE.split("\n") * 4, trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tokenizer.add_special_tokens([AddedToken(text, normalized=False) for text in ([bos] if bos else []) + list(special)])
    data = json.loads(tokenizer.to_str())
    data["model"]["ignore_merges"] = ignore_merges
    if ignore_merges:   # as in Llama 3, a word that no merges lead to
        data["model"]["vocab"]["ĠVi\u00e1\u00bb\u0129t"] = max(token["id"] for token in data["added_tokens"]) + 1
    tokenizer = Tokenizer.from_str(json.dumps(data))
    if bos:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=bos + " $A", special_tokens=[(bos, tokenizer.token_to_id(bos))])
    return tokenizer


def llama_2(bundled):
    from transformers.convert_slow_tokenizer import SentencePieceExtractor
    extracted = SentencePieceExtractor(str(bundled / "tokenizer.model")).extract(models.BPE)
    vocabulary, merges = extracted["vocab"], extracted["merges"]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    tokenizer.add_special_tokens([AddedToken(text, normalized=False) for text in ("<unk>", "<s>", "</s>")])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return tokenizer


def write(folder, name, tokenizer, copy=True):
    if copy:
        (folder / name).mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(folder / name / "tokenizer.json"), pretty=False)
    plain = Tokenizer.from_str(tokenizer.to_str())
    plain.encode_special_tokens = True
    rows = []
    for text in battery():
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        rows.append({"text": text, "ids": ids, "asText": plain.encode(text, add_special_tokens=False).ids,
                     "decoded": tokenizer.decode(ids)})
    (folder / (name + ".json")).write_text("[" + ",\n".join(json.dumps(row) for row in rows) + "]\n")
    print(name, tokenizer.get_vocab_size(), len(rows))


def main():
    folder, bundled = Path(sys.argv[1]), Path(sys.argv[2])
    made = {
        "gpt2": byte_level([GPT_2], 700),
        "smollm": byte_level([r"\p{N}", GPT_2], 700),
        "llama3": byte_level([LLAMA_3], 700, ignore_merges=True, bos="<|begin_of_text|>"),
        "qwen2": byte_level([LLAMA_3.replace("{1,3}", "")], 700, normalizer=normalizers.NFC()),
        "tekken": byte_level([TEKKEN], 700, ignore_merges=True, bos="<s>"),
        "llama2": llama_2(bundled),
    }
    for name, tokenizer in made.items():
        write(folder, name, tokenizer)
    ranks = [(bytes_of(text), id) for text, id in json.loads(made["llama3"].to_str())["model"]["vocab"].items()]
    added = {token["id"] for token in json.loads(made["llama3"].to_str())["added_tokens"]}
    rows = sorted((id, token) for token, id in ranks if id not in added and len(token) > 0)
    (folder / "tiktoken").mkdir(exist_ok=True)
    lines = [base64.b64encode(token).decode() + " " + str(rank) for rank, (_, token) in enumerate(rows)]
    (folder / "tiktoken" / "tokenizer.model").write_text("\n".join(lines) + "\n")
    if len(sys.argv) > 3:
        from transformers import AutoTokenizer
        file = Path(sys.argv[3])
        real = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name).backend_tokenizer
        # transformers ignores tokenizer.ggml.pre; the model's own tokenizer.json takes every digit by itself first
        real.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                                      pre_tokenizers.ByteLevel(add_prefix_space=False)])
        write(folder, "smollm2", real, copy=False)


def bytes_of(text):
    table = {c: b for b, c in bytes_to_unicode().items()}
    return bytes(table[c] for c in text) if all(c in table for c in text) else b""


def bytes_to_unicode():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table, n = {b: chr(b) for b in printable}, 0
    for b in range(256):
        if b not in table:
            table[b], n = chr(256 + n), n + 1
    return table


main()
