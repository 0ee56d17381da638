package org.tornadolens.training.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tornadolens.tokenizer.Piece;
import org.tornadolens.tokenizer.TokenizerSource;

/**
 * The tokens of a task: id 0 is unknown, 1 is BOS, and the words follow. In text they are separated by spaces.
 */
public record Vocabulary(List<String> words) {

    public static final int UNKNOWN = 0, BOS = 1;
    private static final int FIRST = 2;

    public Vocabulary {
        words = List.copyOf(words);
    }

    public int size() { return FIRST + words.size(); }

    /** Returns the id of the word at an index. */
    public int id(int index) { return FIRST + index; }

    public int id(String word) {
        int index = words.indexOf(word);
        if (index < 0) throw new IllegalArgumentException("no word " + word);
        return id(index);
    }

    TokenizerSource source(String name, boolean bos) {
        List<Piece> pieces = new ArrayList<>();
        pieces.add(new Piece("<unk>", 0, Piece.Type.UNKNOWN));
        pieces.add(new Piece("<s>", 0, Piece.Type.CONTROL));
        for (String word : words) pieces.add(new Piece("▁" + word, 0, Piece.Type.USER_DEFINED));
        return new TokenizerSource.Pieces(Path.of(name), pieces, true, UNKNOWN, bos ? BOS : -1, -1);
    }
}
