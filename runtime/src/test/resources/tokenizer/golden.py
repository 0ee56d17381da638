"""Made the models and what SentencePiece's own Python package (0.2.3) answers for them, once: `python golden.py`.

small.model follows Llama 2's conventions: byte-pair merges, byte fallback, identity normaliser, a space put in front,
digits split, runs of spaces allowed as pieces. rewriting.model is what Llama's is not: unigram, a normaliser that rewrites
characters, extra spaces removed, symbols that are never cut. `python golden.py MODEL OUT` makes the same cases for another.
"""
import io, json, pathlib, sys, tempfile
import sentencepiece
from sentencepiece.sentencepiece_model_pb2 import ModelProto

CORPUS = """
The house stood at the end of the lane, where the grass was high and nobody came in winter.
When Anna and Peter went to the market, Peter gave the basket to Anna, and Anna gave it back.
Which of the keys opens the old door? The small one opens it; the large one never did.
She said that the river had been rising all night, and that the bridge would not hold.
"There is no hurry," he answered, "the boat is dry and the oars are in the shed."
for (int i = 0; i < 10; i++) { total += values[i]; }    // four spaces before the comment
    if (total > 100) {
        return total - 100;
    }
Numbers: 0 1 2 3 4 5 6 7 8 9 10 42 365 1999 2024 and 3.14159 or -17.
One day, a little cat saw a big red ball. The cat wanted to play with the ball, but it was too high.
The weather, the water and the wood were what they thought about while they were there.
Das Wetter ist schön, und die Straße führt über die Brücke zum Fluss.
Le garçon a mangé une pêche à l'été, près de la forêt où naît la rivière.
Кошка сидит на окне и смотрит на снег. Собака спит у двери.
Η γάτα κάθεται στο παράθυρο και κοιτάζει το χιόνι.
猫は窓のそばに座って、雪を見ている。小さい犬は眠っている。
我们在河边的小房子里住了三年。
<s> and </s> and <unk> are names of tokens, and <0x0A> is how a byte is written.
"""

TEXTS = [
    "", " ", "  ", "   ", "a", " a", "a ", "  a  b   c    ", "Hello world", "hello, World!", "The cat saw the ball.",
    "When Mary and John went to the store", "1234567890", "x=1;y=22;z=333", "    indented by four", "\tindented by a tab",
    "\n", "\n\n\n", "a\nb", "a\r\nb\rc", "line one\nline two\n", "\t", "\t\t\t", " \n \t \r ", "tab\tand  spaces ",
    # what text and pieces could be mixed up
    "\u2581", "\u2581\u2581", "a\u2581b", "\u2581the", " \u2581 ", "<s>", "</s>", "<unk>", "<pad>", "<0x0A>", "<0x00>", "<0xFF>", "<0x", "\\n",
    "<s>Hello</s>", "<s> </s>", "[INST] <<SYS>> x <</SYS>> [/INST]", " \u2047 ", "\ufffd",
    # control and invisible characters
    "\0", "a\0b", "\0\0\0", " \0 ", "".join(chr(c) for c in range(32)), "\x7f\x80\x85\x9f", "\u00a0", "\u00ad", "\u200b\u200c\u200d\u2060\ufeff",
    "\u2028\u2029", "\u3000wide space\u3000", "\u2003em\u2002en", "\ufeffstarts with a mark", "\ufffe\uffff", "\U0010ffff", "\ue000\U000f0000",
    # scripts
    "Größe, Übermut, Straße", "L'été, ça va où? Œuvre naïve", "Ångström, smørrebrød, þing, ęółąśżźćń, őű, ğış, đ", "Съешь же ещё этих мягких булок",
    "Η γρήγορη αλεπού", "שלום עולם", "مرحبا بالعالم", "سلام دنیا، ۱۲۳", "नमस्ते दुनिया", "বাংলা লেখা", "தமிழ் எழுத்து", "ภาษาไทยไม่มีช่องว่าง", "မြန်မာ", "ខ្មែរ",
    "ქართული ენა", "Հայերեն", "አማርኛ", "中文字符,简体与繁體", "日本語、ひらがなとカタカナ", "한국어 텍스트", "ᏣᎳᎩ", "ᚠᛇᚻ", "𐍈𐌰𐌹", "𒀀𒁀", "𓀀𓂀", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟘𝟙𝟚", "𠀀𪛖",
    "مرحبا hello שלום 123", "\u202eright to left\u202c", "ﷺ", "ﬁ ﬂ ½ ² № ™ Ⅷ",
    # combining marks, composed and not
    "e\u0301 \u00e9", "n\u0303o\u0308", "Z\u0351\u036b\u0343\u036aa\u0328\u034el\u0321g\u0348o", "\u0301", " \u0301", "\u1112\u1161\u11ab", "한",
    # emoji
    "😀", "😀😃😄", "I ❤️ you", "👩‍👩‍👧‍👦", "👍🏽", "🇩🇪🇫🇷", "1️⃣", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "a😀b", " 😀 ", "🫠🪿", "©️®️™️",
    # what a normaliser may rewrite, and symbols that are never cut
    "\ufb01sh \ufb02y \u2122 \u2460", "cafe\u0301", "zero\u200bwidth", "so the cat, [A] and <|end|>", "the cat", "<|end|>  <|end|>", "[A][A]x[A]",
    # long
    "a" * 500, "the" * 300, " " * 300, "ab " * 200, "😀" * 100, "\n" * 200, "Donaudampfschifffahrtsgesellschaftskapitän" * 10, "é" * 200, "x" * 97 + " " * 97 + "y" * 97,
]

ID_LISTS = [  # decoded, whether or not encoding would ever give them
    [], [1], [2], [0], [1, 2], [1, 0, 2], [3], [3 + 0xE2, 3 + 0x96, 3 + 0x81], [3 + 0xF0, 3 + 0x9F, 3 + 0x98, 3 + 0x80],
    [3 + 0xF0], [3 + 0xF0, 3 + 0x9F], [3 + 0xF0, 3 + 0x9F, 3 + 0x98], [3 + 0xF0, 3 + 0x9F, 3 + 0x98, 3 + 0x41], [3 + 0x80], [3 + 0xC0, 3 + 0x80],
    [3 + 0xED, 3 + 0xA0, 3 + 0x80], [3 + 0xE0, 3 + 0x80, 3 + 0x80], [3 + 0xF4, 3 + 0x90, 3 + 0x80, 3 + 0x80], [3 + 0xF5, 3 + 0x80], [3 + 0xFF, 3 + 0xFE],
    [3 + 0xC3, 3 + 0xA9], [3 + 0xC3, 1, 3 + 0xA9], [3 + 0xC3, 300, 3 + 0xA9], [3 + 0xE2, 3 + 0x82, 3 + 0xAC, 3 + 0xE2, 3 + 0x82], [3 + 0x20, 3 + 0x20],
    [1, 3 + 0x20, 262], [3 + 0xEF, 3 + 0xBF, 3 + 0xBD], [0, 262, 0], [1, 262, 263], [262, 1, 262], [2, 1, 262, 2, 1, 262], list(range(259, 480)), list(range(0, 300)),
]


def cases(processor, texts, id_lists):
    size = processor.get_piece_size()
    lists = [[i % size for i in ids] for ids in id_lists]
    return {
        "encoded": [{"text": t, "ids": (ids := processor.encode(t)), "decoded": processor.decode(ids)} for t in texts],
        "decoded": [{"ids": ids, "text": processor.decode(ids)} for ids in lists],
        "pieces": [processor.id_to_piece(i) for i in range(size)],
    }


CONVENTIONS = {
    "small": dict(
        model_type="bpe", vocab_size=480, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
        split_digits=True, allow_whitespace_only_pieces=True),
    "rewriting": dict(
        model_type="unigram", vocab_size=240, hard_vocab_limit=False, user_defined_symbols=["<|end|>", "the cat", "[A]"],
        bos_id=-1, pad_id=0, unk_id=1, eos_id=2, unk_surface="<?>"),
}
RULES = "FB01\t66 69\nFB02\t66 6C\n2122\t54 4D\n3000\t20\n9\t20\nA\t20\n65 301\tE9\n200B\t\n2460\t28 31 29\n"   # code points, as they were and as they become


def train(name):
    trained = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder, "rules.tsv")
        rules.write_text(RULES)
        extra = {} if "normalization_rule_name" in CONVENTIONS[name] else {"normalization_rule_tsv": str(rules)}
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(CORPUS.strip("\n").split("\n")), model_writer=trained, character_coverage=0.98, num_threads=1,
            minloglevel=2, **CONVENTIONS[name], **extra)
    model = ModelProto.FromString(trained.getvalue())
    model.normalizer_spec.normalization_rule_tsv = ""   # the temporary file's name
    pathlib.Path(name + ".model").write_bytes(model.SerializeToString())


def write(model, out):
    processor = sentencepiece.SentencePieceProcessor(model_file=model)
    pathlib.Path(out).write_text(json.dumps(cases(processor, TEXTS, ID_LISTS), ensure_ascii=True, separators=(",", ":")))


if len(sys.argv) == 3:
    write(sys.argv[1], sys.argv[2])
else:
    for name in CONVENTIONS:
        train(name)
        write(name + ".model", name + ".json")
