package org.tornadolens.tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import org.tornadolens.tokenizer.TokenizerSource.Llama2c;
import org.tornadolens.tokenizer.TokenizerSource.None;
import org.tornadolens.tokenizer.TokenizerSource.Pieces;
import org.tornadolens.tokenizer.TokenizerSource.SentencePieceModel;

/**
 * Converts text to token ids and back, as SentencePiece does (Kudo and Richardson 2018). Immutable and thread-safe;
 * nothing has to be closed. The native library is loaded by the first call of {@link #encode}.
 *
 * <p>Decoding restores every encoded text if the tokenizer has byte pieces and does not normalise (Llama's does not),
 * with two exceptions inherent in SentencePiece: U+2581, which stands for a space in pieces, is decoded as a space, and
 * an unpaired surrogate, which UTF-8 cannot represent, as U+FFFD.
 */
public final class Tokenizer {

    private static final long MAX_FILE_BYTES = 32L << 20;
    private static final String SPACE = "\u2581";

    private final String origin;
    private final ModelProto model;
    private final Map<String, Integer> ids;
    private volatile NativeEncoder encoder;

    private Tokenizer(ModelProto model, String origin) {
        this.origin = origin;
        this.model = model;
        this.ids = ModelCheck.check(model, origin);
    }

    /** @throws TokenizerException if there is no tokenizer, or a broken one */
    public static Tokenizer open(TokenizerSource source) {
        return switch (source) {
            case SentencePieceModel(Path file) -> {
                String origin = file.toString();
                yield new Tokenizer(ModelProto.parse(read(file), origin), origin);
            }
            case Llama2c(Path file, int size) -> {
                String origin = file.toString();
                yield new Tokenizer(Llama2cVocabulary.parse(read(file), size, origin), origin);
            }
            case Pieces pieces -> {
                String origin = pieces.file() + ": tokenizer";
                yield new Tokenizer(ModelProto.of(pieces, origin), origin);
            }
            case None(String expected) ->
                    throw new TokenizerException(expected, "the model can be run on token ids, not on text");
        };
    }

    /** Opens a SentencePiece {@code tokenizer.model}. */
    public static Tokenizer open(Path tokenizerModel) {
        return open(new SentencePieceModel(tokenizerModel));
    }

    /** Returns the ids of a text, without BOS; none for the empty text. */
    public int[] encode(String text) {
        return text.isEmpty() ? new int[0] : encoder().encode(wellFormed(text), NativeEncoder.PART);
    }

    /** Returns the text of these ids; control pieces such as BOS have none. Bytes that are not UTF-8 become U+FFFD. */
    public String decode(int... ids) {
        for (int id : ids) check(id);
        StringBuilder text = new StringBuilder();
        Stream stream = stream();
        for (int id : ids) stream.accept(id, text);
        stream.bytes.finish(text);
        return text.toString();
    }

    /** Returns a decoder for ids that arrive one at a time. */
    public Stream stream() { return new Stream(); }

    /** Returns the piece as SentencePiece writes it: a space is U+2581, a byte is {@code <0x0A>}. */
    public String piece(int id) {
        return model.pieces().get(check(id)).text();
    }

    public OptionalInt id(String piece) {
        Integer id = ids.get(piece);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** Returns the score of a piece; in a byte-pair tokenizer, pieces with a higher score are merged earlier. */
    public float score(int id) {
        return model.pieces().get(check(id)).score();
    }

    public Piece.Type type(int id) { return model.pieces().get(check(id)).type(); }

    /** Returns the number of pieces; ids are 0 to size - 1. A model's embedding may have more rows. */
    public int size() {
        return model.pieces().size();
    }

    public OptionalInt bos() { return model.bos(); }

    public OptionalInt eos() { return model.eos(); }

    public int unknown() { return model.unknown(); }

    /**
     * Returns the piece in a form that can be printed along a chart's axis: as {@link #piece}, but characters that are
     * invisible or change their surroundings (line breaks, joiners, lone combining marks) are written
     * {@code <U+200D>}. Different ids have different labels.
     */
    public String label(int id) { return Label.of(piece(id)); }

    /** Returns this tokenizer as a SentencePiece {@code tokenizer.model}, whatever format it was read from. */
    public byte[] toModelProto() {
        return model.toBytes();
    }

    private int check(int id) {
        if (id < 0 || id >= size()) {
            throw new IllegalArgumentException(
                    "token id " + id + " is not in the vocabulary, which has ids 0 to " + (size() - 1));
        }
        return id;
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

    private static byte[] read(Path file) {
        try {
            long size = Files.size(file);
            if (size > MAX_FILE_BYTES)
                throw new TokenizerException(file.toString(),
                        "not a tokenizer: it has " + size + " bytes, more than any tokenizer");
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new TokenizerException(file.toString(), "there is no such file", e);
        } catch (IOException e) {
            throw new TokenizerException(file.toString(), "cannot be read (" + e + ")", e);
        }
    }

    /** Replaces unpaired surrogates, which UTF-8 cannot represent, by U+FFFD. */
    private static String wellFormed(String text) {
        StringBuilder fixed = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) continue;
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else {
                if (fixed == null) fixed = new StringBuilder(text);
                fixed.setCharAt(i, '\uFFFD');
            }
        }
        return fixed == null ? text : fixed.toString();
    }

    /**
     * Decodes ids one at a time. The texts returned by {@link #accept} and finally {@link #finish} concatenate to what
     * {@link Tokenizer#decode} returns for all ids; to continue a prompt, accept the ids of the prompt first. Not
     * thread-safe.
     */
    public final class Stream {

        private final Utf8Decoder bytes = new Utf8Decoder();
        private boolean atStart = true;   // no visible text yet: the space that encoding prepended is yet to be dropped

        private Stream() {}

        /** Returns the text that this id completes; empty while bytes of a character are still missing. */
        public String accept(int id) {
            StringBuilder text = new StringBuilder();
            accept(check(id), text);
            return text.toString();
        }

        /** Returns U+FFFD for each byte of an incomplete character. Nothing may be accepted afterwards. */
        public String finish() {
            StringBuilder text = new StringBuilder();
            bytes.finish(text);
            return text.toString();
        }

        private void accept(int id, StringBuilder text) {
            Piece piece = model.pieces().get(id);
            if (piece.type() != Piece.Type.BYTE) bytes.finish(text);
            switch (piece.type()) {
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
