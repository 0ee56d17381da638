package org.tornadolens.tokenizer;

import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tornadolens.UsageException;
import java.util.stream.IntStream;
import org.tornadolens.tokenizer.TokenizerSource.Llama2c;
import org.tornadolens.tokenizer.TokenizerSource.Pieces;
import org.tornadolens.tokenizer.TokenizerSource.SentencePieceModel;

/**
 * A SentencePiece tokenizer (Kudo and Richardson 2018), and the added tokens beside it. The native library encodes;
 * decoding is Java's.
 */
public final class SentencePieceTokenizer implements Tokenizer {

    private static final long MAX_FILE_BYTES = 32L << 20;
    private static final String SPACE = "\u2581";

    private final String origin;
    private final ModelProto model;
    private final List<Piece> pieces;   // as the file has them; those of the model differ in text
    private final TokenizerSettings settings;
    private final AddedTokens added;
    private final int size;
    private final Map<String, Integer> ids;
    private volatile NativeEncoder encoder;

    private SentencePieceTokenizer(ModelProto model, TokenizerSettings settings, String origin) {
        this(model, model.pieces(), settings, origin);
    }

    private SentencePieceTokenizer(ModelProto model, List<Piece> pieces, TokenizerSettings settings, String origin) {
        this.origin = origin;
        this.model = model;
        this.pieces = pieces;
        this.settings = settings;
        ids = ModelCheck.check(model, origin);
        added = new AddedTokens(
                java.util.stream.Stream.concat(settings.added().stream().filter(this::isNew), ends()).toList());
        size = Math.max(model.pieces().size(),
                settings.added().stream().mapToInt(AddedToken::id).max().orElse(-1) + 1);
    }

    /** BOS and EOS of a model with a chat template, which writes them: transformers parses their texts. */
    private java.util.stream.Stream<AddedToken> ends() {
        if (settings.chatTemplates().isEmpty()) return java.util.stream.Stream.empty();
        return IntStream.concat(bos().stream(), eos().stream())
                .filter(id -> id < model.pieces().size() && model.pieces().get(id).type() == Piece.Type.CONTROL)
                .filter(id -> settings.added().stream().noneMatch(token -> token.id() == id))
                .mapToObj(id -> AddedToken.of(id, model.pieces().get(id).text(), true));
    }

    /**
     * Whether a token is to be found before the text is cut: the model's own pieces are found by it, but for its
     * controls.
     */
    private boolean isNew(AddedToken token) {
        Integer own = ids.get(token.text());
        return own == null || model.pieces().get(own).type() == Piece.Type.CONTROL;
    }

    static SentencePieceTokenizer open(SentencePieceModel source) {
        String origin = source.file().toString();
        byte[] bytes = TokenizerBytes.read(source.file(), MAX_FILE_BYTES);
        return new SentencePieceTokenizer(ModelProto.parse(bytes, origin), source.settings(), origin);
    }

    static SentencePieceTokenizer open(Llama2c source) {
        String origin = source.file().toString();
        byte[] bytes = TokenizerBytes.read(source.file(), MAX_FILE_BYTES);
        return new SentencePieceTokenizer(Llama2cVocabulary.parse(bytes, source.vocabularySize(), origin),
                TokenizerSettings.NONE, origin);
    }

    static SentencePieceTokenizer open(Pieces source) {
        String origin = source.file() + ": tokenizer";
        return new SentencePieceTokenizer(ModelProto.of(source, origin), source.pieces(), source.settings(), origin);
    }

    @Override public int[] encode(String text, SpecialTokens specialTokens) {
        return text.isEmpty() ? new int[0] : added.encode(WellFormed.of(text), specialTokens, this::encodeBetween);
    }

    /** Encodes text between added tokens. After one, a space that begins the text is the one that encoding prepends. */
    private int[] encodeBetween(String text, boolean first) {
        boolean doubled = !first && text.startsWith(" ") && text.length() > 1 && model.normalizer().addDummyPrefix();
        return encoder().encode(doubled ? text.substring(1) : text, NativeEncoder.PART);
    }

    @Override public Spans spans(String text, SpecialTokens specialTokens) {
        return Spans.align(this, WellFormed.of(text), encode(text, specialTokens));
    }

    @Override public byte[] bytes(int id) {
        return switch (type(id)) {
            case BYTE -> new byte[]{(byte) ModelProto.byteValue(piece(id))};
            case UNKNOWN -> new byte[0];
            case UNUSED -> id < model.pieces().size() ? utf8(piece(id)) : new byte[0];
            default -> utf8(piece(id));
        };
    }

    private static byte[] utf8(String piece) { return piece.replace(SPACE, " ").getBytes(StandardCharsets.UTF_8); }

    @Override public String decode(int... ids) {
        StringBuilder text = new StringBuilder();
        Decoding stream = new Decoding();
        for (int id : ids) stream.accept(id, text);
        stream.bytes.finish(text);
        return text.toString();
    }

    @Override public TokenStream stream() { return new Decoding(); }

    @Override public String piece(int id) {
        check(id);
        if (added.get(id) != null) return added.get(id).text();
        return id < model.pieces().size() ? model.pieces().get(id).text() : "<id " + id + ">";
    }

    @Override public OptionalInt id(String piece) {
        AddedToken token = added.get(piece);
        if (token != null) return OptionalInt.of(token.id());
        Integer id = ids.get(piece);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    @Override public Piece.Type type(int id) {
        check(id);
        if (added.get(id) != null) return added.get(id).special() ? Piece.Type.CONTROL : Piece.Type.USER_DEFINED;
        return id < pieces.size() ? pieces.get(id).type() : Piece.Type.UNUSED;
    }

    /** Returns the score of a piece; in a byte-pair tokenizer, pieces with a higher score are merged earlier. */
    public float score(int id) {
        return id < model.pieces().size() ? model.pieces().get(id).score() : 0;
    }

    /** Returns the pieces as a SentencePiece {@code tokenizer.model}, whatever format they were read from. */
    public byte[] toModelProto() {
        return model.toBytes();
    }

    private static void check(int id) { if (id < 0) throw new UsageException("token id " + id + " is negative"); }

    @Override public int size() { return size; }

    @Override public OptionalInt bos() {
        return named(settings.bosId(), settings.bosText().flatMap(this::idOf), model.bos());
    }

    @Override public OptionalInt eos() {
        return named(settings.eosId(), settings.eosText().flatMap(this::idOf), model.eos());
    }

    private Optional<Integer> idOf(String text) {
        return settings.added().stream().filter(token -> token.text().equals(text)).map(AddedToken::id).findFirst()
                .or(() -> Optional.ofNullable(ids.get(text)));
    }

    private static OptionalInt named(OptionalInt id, Optional<Integer> byText, OptionalInt own) {
        if (id.isPresent()) return id;
        return byText.isPresent() ? OptionalInt.of(byText.get()) : own;
    }

    @Override public OptionalInt unknown() { return OptionalInt.of(model.unknown()); }

    /** As transformers' LlamaTokenizer where nothing else is said. */
    @Override public boolean addsBos() {
        return settings.addBos().orElse(bos().isPresent());
    }

    @Override public boolean addsSpace() { return model.normalizer().addDummyPrefix(); }

    @Override public Map<String, String> chatTemplates() { return settings.chatTemplates(); }

    @Override public Map<String, byte[]> files() {
        JsonObject config = new JsonObject();
        config.addProperty("tokenizer_class", "LlamaTokenizer");
        config.addProperty("legacy", true);
        config.addProperty("add_bos_token", addsBos());
        config.addProperty("add_eos_token", false);
        bos().ifPresent(id -> config.addProperty("bos_token", piece(id)));
        eos().ifPresent(id -> config.addProperty("eos_token", piece(id)));
        config.addProperty("unk_token", piece(model.unknown()));
        if (!settings.added().isEmpty()) {
            JsonObject decoder = new JsonObject();
            for (AddedToken token : settings.added()) {
                JsonObject entry = ByteLevelJson.of(token);
                entry.remove("id");
                decoder.add(String.valueOf(token.id()), entry);
            }
            config.add("added_tokens_decoder", decoder);
        }
        config.addProperty("clean_up_tokenization_spaces", false);
        ChatTemplates.write(settings.chatTemplates(), config);
        return Map.of("tokenizer.model", toModelProto(),
                "tokenizer_config.json", config.toString().getBytes(StandardCharsets.UTF_8));
    }

    private NativeEncoder encoder() {
        NativeEncoder opened = encoder;
        if (opened == null) {
            synchronized (this) {
                opened = encoder;
                if (opened == null) encoder = opened = new NativeEncoder(model, origin);
            }
        }
        return opened;
    }

    private final class Decoding implements TokenStream {

        private final Utf8Decoder bytes = new Utf8Decoder();
        private boolean atStart = true;   // no visible text yet: the space that encoding prepended is yet to be dropped

        @Override public String accept(int id) {
            StringBuilder text = new StringBuilder();
            accept(id, text);
            return text.toString();
        }

        @Override public String finish() {
            StringBuilder text = new StringBuilder();
            bytes.finish(text);
            return text.toString();
        }

        private void accept(int id, StringBuilder text) {
            Piece.Type type = type(id);
            if (type != Piece.Type.BYTE) bytes.finish(text);
            if (type == Piece.Type.UNUSED && id >= model.pieces().size()) {   // no token
                text.append(piece(id));
                atStart = false;
                return;
            }
            Piece piece = new Piece(added.get(id) == null ? pieces.get(id).text() : piece(id), 0, type);
            switch (type) {
                case BYTE -> {
                    bytes.accept(ModelProto.byteValue(piece.text()), text);
                    atStart = false;
                }
                case CONTROL -> {}
                case UNKNOWN -> {
                    text.append(model.unknownSurface());
                    atStart &= model.unknownSurface().isEmpty();
                }
                case NORMAL, USER_DEFINED, UNUSED -> {
                    ModelProto.Normalizer normalizer = model.normalizer();
                    String surface = piece.text();
                    boolean dropped = atStart && surface.startsWith(SPACE)
                            && (normalizer.addDummyPrefix() || normalizer.removeExtraWhitespaces());
                    if (dropped) surface = surface.substring(1);
                    text.append(surface.replace(SPACE, " "));
                    // Encoding prepended one space; a second belongs to the text unless leading spaces are removed.
                    atStart &= surface.isEmpty() && !(dropped && !normalizer.removeExtraWhitespaces());
                }
            }
        }
    }
}
