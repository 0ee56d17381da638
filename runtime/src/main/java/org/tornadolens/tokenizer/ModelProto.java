package org.tornadolens.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * The fields of SentencePiece's ModelProto (sentencepiece_model.proto) that affect encoding and decoding; the rest of a
 * file (how it was trained, its self-test) is dropped. Whatever a tokenizer was read from, the native library receives
 * only what {@link #toBytes} writes.
 *
 * @param pieces            the vocabulary; the index of a piece is its id
 * @param unknown           id of the unknown piece
 * @param bos               id of the piece that starts a text
 * @param eos               id of the piece that ends a text
 * @param byteFallback      a character without a piece is encoded as the byte pieces of its UTF-8
 * @param whitespaceSuffix  spaces end words instead of starting them
 * @param unknownSurface    what the unknown piece decodes to
 */
record ModelProto(List<Piece> pieces, Algorithm algorithm, int unknown, OptionalInt bos, OptionalInt eos,
        boolean byteFallback, boolean whitespaceSuffix, String unknownSurface, Normalizer normalizer) {

    static final String UNKNOWN_SURFACE = " \u2047 ";
    /** Bounds what a malformed file can allocate; the largest vocabularies in use have a quarter of this. */
    private static final int MAX_PIECES = 1 << 20;
    private static final Piece.Type[] TYPES = Piece.Type.values();

    /** Numbered as in the proto, from 1. Its other two, word and char, are not used by any supported model. */
    enum Algorithm {
        UNIGRAM, BPE
    }

    /**
     * How a text is normalised before it is split into pieces.
     *
     * @param charsMap                {@link CharsMap} of replacements; empty for the identity
     * @param addDummyPrefix          a space is prepended
     * @param removeExtraWhitespaces  leading, trailing and repeated spaces are dropped, so that decoding loses them
     * @param escapeWhitespaces       a space becomes U+2581
     */
    record Normalizer(byte[] charsMap, boolean addDummyPrefix, boolean removeExtraWhitespaces,
            boolean escapeWhitespaces) {

        static Normalizer identity(boolean addDummyPrefix) {
            return new Normalizer(new byte[0], addDummyPrefix, false, true);
        }
    }

    ModelProto { pieces = List.copyOf(pieces); }

    static ModelProto parse(byte[] bytes, String origin) {
        return new Parser(origin).parse(new ProtoReader(bytes, origin));
    }

    /** Makes a model of the pieces that GGUF metadata lists: byte-pair merges, without normalisation of the text. */
    static ModelProto of(TokenizerSource.Pieces source, String origin) {
        int size = source.pieces().size();
        if (source.unknown() < 0 || source.unknown() >= size
                || source.pieces().get(source.unknown()).type() != Piece.Type.UNKNOWN) {
            throw new TokenizerException(origin, "id " + source.unknown() + " is not the unknown piece");
        }
        boolean byteFallback = source.pieces().stream().anyMatch(piece -> piece.type() == Piece.Type.BYTE);
        return new ModelProto(UniquePieces.of(source.pieces()), Algorithm.BPE, source.unknown(),
                special("BOS", source.settings().bosId(), size, origin),
                special("EOS", source.settings().eosId(), size, origin), byteFallback, false, UNKNOWN_SURFACE,
                Normalizer.identity(source.addSpacePrefix()));
    }

    private static OptionalInt special(String name, OptionalInt id, int size, String origin) {
        if (id.orElse(0) >= size || id.orElse(0) < 0) {
            throw new TokenizerException(origin,
                    name + " is id " + id.getAsInt() + ", but there are only " + size + " pieces");
        }
        return id;
    }

    byte[] toBytes() {
        ProtoWriter proto = new ProtoWriter(), entry = new ProtoWriter();
        for (Piece piece : pieces) {
            entry.clear().string(1, piece.text()).float32(2, piece.score()).varint(3, piece.type().ordinal() + 1);
            proto.message(1, entry);
        }
        ProtoWriter trainer = new ProtoWriter()
                .varint(3, algorithm.ordinal() + 1)
                .varint(4, pieces.size())
                .bool(24, whitespaceSuffix)
                .bool(35, byteFallback)
                .varint(40, unknown).varint(41, bos.orElse(-1)).varint(42, eos.orElse(-1))
                .string(44, unknownSurface)
                .string(45, pieces.get(unknown).text())
                .string(46, bos.isPresent() ? pieces.get(bos.getAsInt()).text() : "")
                .string(47, eos.isPresent() ? pieces.get(eos.getAsInt()).text() : "");
        ProtoWriter normalizing = new ProtoWriter()
                .string(1, normalizer.charsMap.length == 0 ? "identity" : "custom")
                .bytes(2, normalizer.charsMap)
                .bool(3, normalizer.addDummyPrefix)
                .bool(4, normalizer.removeExtraWhitespaces)
                .bool(5, normalizer.escapeWhitespaces);
        return proto.message(2, trainer).message(3, normalizing).toBytes();
    }

    /** Returns the value of a byte piece such as {@code <0x0A>} (hexadecimal in capitals); -1 for other text. */
    static int byteValue(String text) {
        if (text.length() != 6 || !text.startsWith("<0x") || text.charAt(5) != '>') return -1;
        int high = upperHex(text.charAt(3)), low = upperHex(text.charAt(4));
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    private static int upperHex(char c) { return c >= 'a' && c <= 'f' ? -1 : c < 128 ? Character.digit(c, 16) : -1; }

    /** Overrides the proto's defaults with the fields read; a message that occurs twice is merged, as in protobuf. */
    private static final class Parser {

        private final String origin;
        private final List<Piece> pieces = new ArrayList<>();
        private long algorithm = 1;
        private boolean byteFallback, whitespaceSuffix;
        private String unknownSurface = UNKNOWN_SURFACE, bosPiece = "<s>", eosPiece = "</s>";
        private byte[] charsMap = {};
        private boolean addDummyPrefix = true, removeExtraWhitespaces = true, escapeWhitespaces = true;

        Parser(String origin) { this.origin = origin; }

        ModelProto parse(ProtoReader in) {
            while (in.next()) {
                switch (in.field()) {
                    case 1 -> piece(in.message());
                    case 2 -> trainer(in.message());
                    case 3 -> normalizer(in.message());
                    case 5 -> denormalizer(in.message());
                    default -> in.skip();
                }
            }
            if (algorithm < 1 || algorithm > Algorithm.values().length) {
                throw new TokenizerException(origin,
                        "model_type " + algorithm + " is not supported; 1 (unigram) and 2 (bpe) are");
            }
            return new ModelProto(pieces, Algorithm.values()[(int) algorithm - 1], unknown(), control(bosPiece),
                    control(eosPiece), byteFallback, whitespaceSuffix, unknownSurface,
                    new Normalizer(charsMap, addDummyPrefix, removeExtraWhitespaces, escapeWhitespaces));
        }

        private void piece(ProtoReader in) {
            String text = "";
            float score = 0;
            long type = 1;
            while (in.next()) {
                switch (in.field()) {
                    case 1 -> text = in.string();
                    case 2 -> score = in.float32();
                    case 3 -> type = in.varint();
                    default -> in.skip();
                }
            }
            if (type < 1 || type > TYPES.length) {
                throw new TokenizerException(origin,
                        "piece " + pieces.size() + " has type " + type + ", which is not one of 1 to 6");
            }
            if (pieces.size() == MAX_PIECES)
                throw new TokenizerException(origin, "not a SentencePiece model: more than " + MAX_PIECES + " pieces");
            pieces.add(new Piece(text, score, TYPES[(int) type - 1]));
        }

        private void trainer(ProtoReader in) {
            while (in.next()) {
                switch (in.field()) {
                    case 3 -> algorithm = in.varint();
                    case 24 -> whitespaceSuffix = in.bool();
                    case 35 -> byteFallback = in.bool();
                    case 44 -> unknownSurface = in.string();
                    case 46 -> bosPiece = in.string();
                    case 47 -> eosPiece = in.string();
                    default -> in.skip();
                }
            }
        }

        private void normalizer(ProtoReader in) {
            while (in.next()) {
                switch (in.field()) {
                    case 2 -> charsMap = in.bytes();
                    case 3 -> addDummyPrefix = in.bool();
                    case 4 -> removeExtraWhitespaces = in.bool();
                    case 5 -> escapeWhitespaces = in.bool();
                    default -> in.skip();
                }
            }
        }

        private void denormalizer(ProtoReader in) {
            while (in.next()) {
                if (in.field() == 2 && in.bytes().length > 0) {
                    throw new TokenizerException(origin,
                            "it rewrites decoded text (denormalizer_spec), which is not supported");
                }
                if (in.field() != 2) in.skip();
            }
        }

        private int unknown() {
            for (int id = 0; id < pieces.size(); id++) { if (pieces.get(id).type() == Piece.Type.UNKNOWN) return id; }
            throw new TokenizerException(origin,
                    "not a SentencePiece model: none of its " + pieces.size() + " pieces is the unknown piece");
        }

        /** Finds BOS or EOS by its text, as SentencePiece does, and not by the ids that the proto also holds. */
        private OptionalInt control(String text) {
            for (int id = 0; id < pieces.size(); id++) {
                Piece piece = pieces.get(id);
                if (piece.type() == Piece.Type.CONTROL && piece.text().equals(text)) return OptionalInt.of(id);
            }
            return OptionalInt.empty();
        }
    }
}
