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
 * Text to token ids and back, as SentencePiece does it (Kudo and Richardson 2018). Immutable and safe to share between
 * threads; nothing has to be closed. The native library is loaded when {@link #encode} is first called.
 *
 * <p>Decoding what was encoded gives back every text, as long as the tokenizer has byte pieces and leaves the text as it
 * is (Llama's do), with two exceptions that lie in SentencePiece: U+2581, which stands for a space in pieces, comes back
 * as a space, and a surrogate without its partner, which UTF-8 cannot hold, as U+FFFD.
 */
public final class Tokenizer {

    private static final long LARGEST_FILE = 32L << 20;
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

    /** @throws TokenizerException where there is none, or a broken one */
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

    /** The ids of a text, without BOS. The empty text has none. */
    public int[] encode(String text) {
        return text.isEmpty() ? new int[0] : encoder().encode(wellFormed(text), NativeEncoder.PART);
    }

    /** The text of these ids; control pieces such as BOS have none. Bytes that are not UTF-8 become U+FFFD. */
    public String decode(int... ids) {
        for (int id : ids) check(id);
        StringBuilder text = new StringBuilder();
        Stream stream = stream();
        for (int id : ids) stream.accept(id, text);
        stream.bytes.finish(text);
        return text.toString();
    }

    /** A decoder for ids that come one at a time. */
    public Stream stream() { return new Stream(); }

    /** The piece as SentencePiece writes it: a space is U+2581, a byte {@code <0x0A>}. */
    public String piece(int id) {
        return model.pieces().get(check(id)).text();
    }

    public OptionalInt id(String piece) {
        Integer id = ids.get(piece);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** Of a byte-pair tokenizer: how early the piece is merged, higher is earlier. */
    public float score(int id) {
        return model.pieces().get(check(id)).score();
    }

    public Piece.Type type(int id) { return model.pieces().get(check(id)).type(); }

    /** Pieces in the vocabulary; ids run from 0 to one less. A model may have room for more. */
    public int size() {
        return model.pieces().size();
    }

    public OptionalInt bos() { return model.bos(); }

    public OptionalInt eos() { return model.eos(); }

    public int unknown() { return model.unknown(); }

    /**
     * The piece in a form that can be printed beside a chart's axis: as {@link #piece}, but characters that show as
     * nothing or change their surroundings (line breaks, joiners, lone combining marks) are written {@code <U+200D>}.
     * Different ids have different labels.
     */
    public String label(int id) { return Label.of(piece(id)); }

    /** This tokenizer as a SentencePiece {@code tokenizer.model}, wherever it came from. */
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
            if (size > LARGEST_FILE)
                throw new TokenizerException(file.toString(),
                        "not a tokenizer: none is as large as " + size + " bytes");
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new TokenizerException(file.toString(), "there is no such file", e);
        } catch (IOException e) {
            throw new TokenizerException(file.toString(), "cannot be read (" + e + ")", e);
        }
    }

    /** Surrogates without a partner have no UTF-8; they become U+FFFD. */
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
     * Decodes ids one at a time. What {@link #accept} and at last {@link #finish} return adds up to what
     * {@link Tokenizer#decode} gives for all of them; to continue a prompt, accept the prompt's ids first. For one thread.
     */
    public final class Stream {

        private final Utf8Decoder bytes = new Utf8Decoder();
        private boolean atStart = true;   // nothing that shows has come yet: the space encoding put in front is dropped

        private Stream() {}

        /** The text that this id completes: none while bytes of a character are still to come. */
        public String accept(int id) {
            StringBuilder text = new StringBuilder();
            accept(check(id), text);
            return text.toString();
        }

        /** What is left of a character whose bytes did not all come: U+FFFD for each. Nothing may be accepted after it. */
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
                    // One space in front was encoding's own; the next is the text's, unless such spaces are removed anyway.
                    atStart &= surface.isEmpty() && !(dropped && !normalizer.removeExtraWhitespaces());
                }
            }
        }
    }
}
