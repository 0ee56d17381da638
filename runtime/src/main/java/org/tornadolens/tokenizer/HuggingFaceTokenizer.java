package org.tornadolens.tokenizer;

import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.tornadolens.UsageException;

/**
 * A tokenizer that Hugging Face's library reads ({@code tokenizer.json}), or one that can be written so: byte-pair
 * encoding (Sennrich et al. 2016) of bytes (Radford et al. 2019) or of characters with byte fallback.
 */
public final class HuggingFaceTokenizer implements Tokenizer {

    private static final long MAX_FILE_BYTES = 128L << 20;
    private static final String SPACE = "\u2581";

    private final String origin;
    private final TokenizerSettings settings;
    private final String json, jsonWithoutSpecialTokens;
    private final String[] pieces;
    private final Piece.Type[] types;
    private final boolean byteLevel;
    private final Map<String, Integer> ids = new HashMap<>();
    private final Map<Integer, String> texts;
    private final Map<Integer, Integer> encodedAs = new HashMap<>();   // of duplicates: the id that has the same text
    private final OptionalInt bos, eos, unknown;
    private volatile NativeTokenizer parsing, literal;
    private volatile Optional<Boolean> spaceInFront = Optional.empty();
    private volatile int[] inFront;   // immutable once set

    private HuggingFaceTokenizer(TokenizerJson tokenizer, TokenizerSettings settings, String origin) {
        this(tokenizer, settings, origin, Map.of());
    }

    /** @param duplicates ids with the text of another id, which the text is encoded as */
    private HuggingFaceTokenizer(TokenizerJson tokenizer, TokenizerSettings settings, String origin,
            Map<Integer, Piece> duplicates) {
        this.origin = origin;
        this.settings = settings;
        tokenizer.with(settings.added());
        Map<String, Integer> encoded = new HashMap<>();
        if (!duplicates.isEmpty()) tokenizer.tokens().forEach((id, text) -> encoded.put(text, id));
        duplicates.forEach((id, piece) -> {
            encodedAs.put(id, encoded.get(piece.text()));
            tokenizer.tokens().put(id, piece.text());
        });
        json = tokenizer.text();
        jsonWithoutSpecialTokens =
                tokenizer.added().stream().anyMatch(AddedToken::special) ? tokenizer.textWithoutSpecialTokens() : json;
        texts = tokenizer.tokens();
        if (texts.isEmpty()) throw new TokenizerException(origin, "its vocabulary is empty");
        byteLevel = tokenizer.byteLevel();
        int size = tokenizer.tokens().lastKey() + 1;
        pieces = new String[size];
        types = new Piece.Type[size];
        unknown = tokenizer.unknownToken() == null ? OptionalInt.empty() : idOf(tokenizer.unknownToken());
        fill(tokenizer, duplicates);
        bos = named(settings.bosId(), settings.bosText());
        eos = named(settings.eosId(), settings.eosText());
    }

    static HuggingFaceTokenizer open(TokenizerSource.TokenizerJson source) {
        String origin = source.file().toString();
        TokenizersProcess.SHARED.prepare();   // while the file is read
        String text = new String(TokenizerBytes.read(source.file(), MAX_FILE_BYTES), StandardCharsets.UTF_8);
        return new HuggingFaceTokenizer(TokenizerJson.parse(text, origin), source.settings(), origin);
    }

    static HuggingFaceTokenizer open(TokenizerSource.Tiktoken source) {
        String origin = source.file().toString();
        TokenizersProcess.SHARED.prepare();
        JsonObject json = TiktokenRanks.toJson(TokenizerBytes.read(source.file(), MAX_FILE_BYTES), origin);
        TokenizerJson tokenizer = TokenizerJson.of(json, origin);
        int first = tokenizer.added().getFirst().id();
        TokenizerSettings settings = new TokenizerSettings(Optional.of(true), Optional.empty(), Optional.empty(),
                OptionalInt.of(first), OptionalInt.of(first + 1), List.of(), Map.of());
        return new HuggingFaceTokenizer(tokenizer, settings, origin);
    }

    static HuggingFaceTokenizer open(TokenizerSource.BytePairs source) {
        String origin = source.file() + ": tokenizer";
        Split split = Split.named(source.split()).orElseThrow(() -> new TokenizerException(origin,
                "its text is split by \"" + source.split() + "\", which is not supported; these are: "
                        + Split.allNames()
                        + ". The model can be run on token ids"));
        TokenizersProcess.SHARED.prepare();
        BytePairVocabulary vocabulary = BytePairVocabulary.of(source);
        List<List<String>> merges = new ArrayList<>(source.merges().size());
        for (String merge : source.merges()) {
            int space = merge.indexOf(' ', 1);
            if (space < 0) throw new TokenizerException(origin, "the merge " + Label.quote(merge) + " is not a pair");
            merges.add(List.of(merge.substring(0, space), merge.substring(space + 1)));
        }
        boolean addsBos = source.settings().addBos().orElse(split.addsBos());
        OptionalInt bos = addsBos ? source.settings().bosId() : OptionalInt.empty();
        if (bos.isPresent() && vocabulary.added().stream().noneMatch(token -> token.id() == bos.getAsInt()))
            throw new TokenizerException(origin, "its BOS is id " + bos.getAsInt() + ", which is no control token");
        JsonObject json = ByteLevelJson.of(vocabulary.ids(), merges, split, vocabulary.added(), bos);
        return new HuggingFaceTokenizer(TokenizerJson.of(json, origin), source.settings(), origin,
                vocabulary.duplicates());
    }

    // ---- encoding and decoding

    @Override public int[] encode(String text, SpecialTokens specialTokens) {
        if (text.isEmpty()) return new int[0];
        return (specialTokens == SpecialTokens.PARSED ? parsing() : literal()).encode(WellFormed.of(text), false);
    }

    @Override public Spans spans(String text, SpecialTokens specialTokens) {
        if (text.isEmpty()) return new Spans(new int[0], new int[0], new int[0]);
        return (specialTokens == SpecialTokens.PARSED ? parsing() : literal()).spans(WellFormed.of(text));
    }

    @Override public byte[] bytes(int id) {
        check(id);
        String text = texts.get(id);
        if (text == null || id >= types.length || types[id] == Piece.Type.UNKNOWN) return new byte[0];
        if (types[id] == Piece.Type.BYTE && !byteLevel) return new byte[]{(byte) ModelProto.byteValue(text)};
        if (types[id] == Piece.Type.CONTROL || types[id] == Piece.Type.USER_DEFINED || !byteLevel) {
            return text.replace(SPACE, " ").getBytes(StandardCharsets.UTF_8);
        }
        return ByteAlphabet.read(text).orElseGet(() -> text.getBytes(StandardCharsets.UTF_8));
    }

    @Override public String decode(int... ids) {
        StringBuilder text = new StringBuilder();
        List<Integer> known = new ArrayList<>();
        for (int id : ids) {
            if (isToken(id)) {
                if (hasText(id)) known.add(encodedAs.getOrDefault(id, id));
                continue;
            }
            text.append(decodeKnown(known)).append(piece(id));
            known.clear();
        }
        return text.append(decodeKnown(known)).toString();
    }

    private String decodeKnown(List<Integer> ids) {
        return ids.isEmpty() ? "" : parsing().decode(ids.stream().mapToInt(Integer::intValue).toArray());
    }

    private boolean isToken(int id) {
        check(id);
        return id < pieces.length && texts.containsKey(id);
    }

    private boolean hasText(int id) { return isToken(id) && types[id] != Piece.Type.CONTROL; }

    @Override public TokenStream stream() { return new Stream(); }

    private NativeTokenizer parsing() {
        NativeTokenizer opened = parsing;
        if (opened == null) {
            synchronized (this) {
                opened = parsing;
                if (opened == null) parsing = opened = new NativeTokenizer(json, origin);
            }
        }
        return opened;
    }

    private NativeTokenizer literal() {
        if (jsonWithoutSpecialTokens.equals(json)) return parsing();
        NativeTokenizer opened = literal;
        if (opened == null) {
            synchronized (this) {
                opened = literal;
                if (opened == null) literal = opened = new NativeTokenizer(jsonWithoutSpecialTokens, origin);
            }
        }
        return opened;
    }

    /**
     * Decodes the last few tokens again with each new one, since a token's text may depend on its neighbours, and
     * returns what is new in it, unless that ends within a character.
     */
    private final class Stream implements TokenStream {

        private static final char REPLACEMENT = '\uFFFD';

        private final List<Integer> window = new ArrayList<>();
        private int earlier;   // tokens of the window whose text has been returned

        @Override public String accept(int id) {
            if (!isToken(id)) return finish() + piece(id);
            if (!hasText(id)) return "";
            window.add(id);
            String before = text(earlier), now = text(window.size());
            if (now.length() <= before.length() || now.charAt(now.length() - 1) == REPLACEMENT) return "";
            window.subList(0, earlier).clear();
            earlier = window.size();
            return now.substring(before.length());
        }

        @Override public String finish() {
            String rest = text(window.size()).substring(text(earlier).length());
            window.clear();
            earlier = 0;
            return rest;
        }

        private String text(int count) {
            return decode(window.subList(0, count).stream().mapToInt(Integer::intValue).toArray());
        }
    }

    // ---- the vocabulary

    private void fill(TokenizerJson tokenizer, Map<Integer, Piece> duplicates) {
        Map<Integer, AddedToken> added = new HashMap<>();
        tokenizer.added().forEach(token -> added.put(token.id(), token));
        Set<String> taken = new HashSet<>();
        for (int id = 0; id < pieces.length; id++) {
            String text = texts.get(id);
            Piece piece = text == null ? new Piece("<id " + id + ">", 0, Piece.Type.UNUSED)
                    : duplicates.containsKey(id) ? duplicate(duplicates.get(id))
                    : added.containsKey(id) ? piece(added.get(id))
                    : tokenizer.byteLevel() ? bytes(text)
                    : new Piece(text, 0, type(id, text, tokenizer.byteFallback()));
            // two tokens of the same bytes, or a token that is written as another is shown
            String shown = duplicates.containsKey(id) ? UniquePieces.named(piece.text(), id, taken)
                    : taken.add(piece.text()) || text == null ? piece.text() : text;
            pieces[id] = shown;
            types[id] = piece.type();
            ids.putIfAbsent(shown, id);
        }
    }

    private static Piece duplicate(Piece piece) {
        boolean found = piece.type() == Piece.Type.CONTROL || piece.type() == Piece.Type.USER_DEFINED;
        return found ? piece : bytes(piece.text());
    }

    private static Piece piece(AddedToken token) {
        return new Piece(token.text(), 0, token.special() ? Piece.Type.CONTROL : Piece.Type.USER_DEFINED);
    }

    private Piece.Type type(int id, String text, boolean byteFallback) {
        if (unknown.isPresent() && unknown.getAsInt() == id) return Piece.Type.UNKNOWN;
        return byteFallback && ModelProto.byteValue(text) >= 0 ? Piece.Type.BYTE : Piece.Type.NORMAL;
    }

    /** A token of a byte-level vocabulary: its characters, or its bytes where they are not whole characters. */
    private static Piece bytes(String text) {
        Optional<byte[]> bytes = ByteAlphabet.read(text);
        if (bytes.isEmpty()) return new Piece(text, 0, Piece.Type.NORMAL);
        Optional<String> characters = ByteAlphabet.characters(bytes.get());
        if (characters.isPresent()) return new Piece(characters.get().replace(" ", SPACE), 0, Piece.Type.NORMAL);
        StringBuilder shown = new StringBuilder();
        for (byte value : bytes.get()) shown.append("<0x%02X>".formatted(value & 0xFF));
        return new Piece(shown.toString(), 0, Piece.Type.BYTE);
    }

    private OptionalInt idOf(String token) {
        return texts.entrySet().stream().filter(entry -> entry.getValue().equals(token)).mapToInt(Map.Entry::getKey)
                .filter(id -> !encodedAs.containsKey(id)).findFirst();
    }

    private OptionalInt named(OptionalInt id, Optional<String> text) {
        return id.isPresent() ? id : text.map(this::idOf).orElse(OptionalInt.empty());
    }

    @Override public String piece(int id) {
        check(id);
        return id < pieces.length ? pieces[id] : "<id " + id + ">";
    }

    @Override public OptionalInt id(String piece) {
        Integer id = ids.get(piece);
        return id == null ? idOf(piece) : OptionalInt.of(id);
    }

    @Override public Piece.Type type(int id) {
        check(id);
        return id < types.length ? types[id] : Piece.Type.UNUSED;
    }

    private static void check(int id) { if (id < 0) throw new UsageException("token id " + id + " is negative"); }

    @Override public int size() { return pieces.length; }

    @Override public OptionalInt bos() {
        if (bos.isPresent() || settings.addBos().isPresent()) return bos;
        int[] inFront = inFront();
        return inFront.length == 0 ? OptionalInt.empty() : OptionalInt.of(inFront[0]);
    }

    @Override public OptionalInt eos() { return eos; }

    @Override public OptionalInt unknown() { return unknown; }

    @Override public boolean addsBos() { return settings.addBos().orElseGet(() -> inFront().length > 0); }

    /**
     * The tokens that the tokenizer's own post-processor puts around a text, if the first of them is in front of it.
     */
    private int[] inFront() {
        int[] found = inFront;
        if (found == null) {
            int[] bare = parsing().encode("a", false), whole = parsing().encode("a", true);
            inFront = found = whole.length > bare.length && whole[0] != bare[0] ? whole : new int[0];
        }
        return found;
    }

    @Override public boolean addsSpace() {
        if (spaceInFront.isEmpty()) {
            int[] letter = encode("a");
            spaceInFront = Optional.of(letter.length > 0 && piece(letter[0]).startsWith(SPACE));
        }
        return spaceInFront.get();
    }

    @Override public Map<String, String> chatTemplates() { return settings.chatTemplates(); }

    @Override public Map<String, byte[]> files() {
        JsonObject config = new JsonObject();
        config.addProperty("tokenizer_class", "PreTrainedTokenizerFast");
        settings.addBos().ifPresent(adds -> config.addProperty("add_bos_token", adds));
        bos().ifPresent(id -> config.addProperty("bos_token", texts.get(id)));
        eos().ifPresent(id -> config.addProperty("eos_token", texts.get(id)));
        unknown.ifPresent(id -> config.addProperty("unk_token", texts.get(id)));
        config.addProperty("clean_up_tokenization_spaces", false);
        ChatTemplates.write(settings.chatTemplates(), config);
        return Map.of("tokenizer.json", json.getBytes(StandardCharsets.UTF_8),
                "tokenizer_config.json", config.toString().getBytes(StandardCharsets.UTF_8));
    }
}
