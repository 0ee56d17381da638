package org.tornadolens.dataset;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.tornadolens.UsageException;

/**
 * How texts become rows.
 *
 * @param column     the column that holds a text, where there is no template
 * @param template   makes a text of several columns; see {@link Template}
 * @param paragraphs whether a document of a plain text is a paragraph, not a line
 * @param pack       whether documents are joined and cut into rows of {@code length} tokens; else a document is a row
 * @param length     most tokens of a row; absent: the context of the model
 * @param bos        where a BOS is put, if the model's texts begin with one
 * @param eos        whether documents end with the tokenizer's EOS
 * @param special    whether texts of special tokens, such as {@code <|im_end|>}, are taken as the tokens they name
 * @param limit      most rows
 * @param shuffle    documents among which the next one is drawn; absent: the order of the files
 * @param split      the share of documents that are taken, by a hash of their text
 * @param invalid    most records that may be invalid
 */
public record DatasetOptions(String column, Optional<String> template, boolean paragraphs, boolean pack,
        OptionalInt length, Bos bos, boolean eos, boolean special, OptionalLong limit, OptionalInt shuffle, long seed,
        Optional<Split> split, int invalid) {

    /** Where a BOS is put. */
    public enum Bos {
        /** At the start of every row. */
        ROW,
        /** At the start of every document, and so inside rows that are packed. */
        DOCUMENT,
        NONE
    }

    /** A document is taken if the hash of its text, from 0 to 1, is at least {@code from} and less than {@code to}. */
    public record Split(double from, double to) {
        public Split {
            if (!(from >= 0 && from < to && to <= 1))
                throw new UsageException("a split is a share of documents from 0 to 1, as in [0, 0.9], not [" + from
                        + ", " + to + "]");
        }

        boolean takes(String text) {
            double share = (hash(text) >>> 11) * 0x1.0p-53;
            return share >= from && share < to;
        }

        /** FNV-1a with the last step of MurmurHash3: the same in every process and on every machine. */
        private static long hash(String text) {
            long hash = 0xcbf29ce484222325L;
            for (int i = 0; i < text.length(); i++) hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
            hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
            hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
            return hash ^ hash >>> 33;
        }
    }

    public static final DatasetOptions DEFAULT = new DatasetOptions("text", Optional.empty(), false, false,
            OptionalInt.empty(), Bos.ROW, false, false, OptionalLong.empty(), OptionalInt.empty(), 0, Optional.empty(),
            100);

    public DatasetOptions {
        if (pack && length.isEmpty())
            throw new UsageException("a dataset that is packed needs a length: how many tokens a row has");
    }

    public DatasetOptions packed(int tokens) {
        return new DatasetOptions(column, template, paragraphs, true, OptionalInt.of(tokens), bos, eos, special, limit,
                shuffle, seed, split, invalid);
    }

    public DatasetOptions length(int tokens) {
        return new DatasetOptions(column, template, paragraphs, pack, OptionalInt.of(tokens), bos, eos, special, limit,
                shuffle, seed, split, invalid);
    }

    public DatasetOptions bos(Bos where) {
        return new DatasetOptions(column, template, paragraphs, pack, length, where, eos, special, limit, shuffle, seed,
                split, invalid);
    }

    public DatasetOptions limit(long rows) {
        return new DatasetOptions(column, template, paragraphs, pack, length, bos, eos, special, OptionalLong.of(rows),
                shuffle, seed, split, invalid);
    }

    public DatasetOptions shuffle(int among, long seed) {
        return new DatasetOptions(column, template, paragraphs, pack, length, bos, eos, special, limit,
                OptionalInt.of(among), seed, split, invalid);
    }

    public DatasetOptions split(double from, double to) {
        return new DatasetOptions(column, template, paragraphs, pack, length, bos, eos, special, limit, shuffle, seed,
                Optional.of(new Split(from, to)), invalid);
    }

    public DatasetOptions invalid(int most) {
        return new DatasetOptions(column, template, paragraphs, pack, length, bos, eos, special, limit, shuffle, seed,
                split, most);
    }

    Template made() { return template.map(Template::parse).orElseGet(() -> Template.column(column)); }
}
