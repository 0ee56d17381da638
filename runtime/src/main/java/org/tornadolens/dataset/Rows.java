package org.tornadolens.dataset;

import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.tornadolens.UsageException;
import org.tornadolens.model.Model;
import org.tornadolens.model.TextTokens;
import org.tornadolens.tokenizer.Tokenizer;

/** The rows of a dataset for one model, in order. To be closed, since a file may be open. */
public final class Rows implements AutoCloseable {

    private final Model model;
    private final DatasetOptions options;
    private final Invalid invalid;
    private final Documents documents;
    private final Supplier<Optional<Document>> texts;
    private final Optional<Iterator<int[]>> ids;
    private final OptionalInt bos, eos;
    private final int length;
    private final Packing packing;
    private long index, given;

    Rows(Source source, DatasetOptions options, Model model) {
        this.model = model;
        this.options = options;
        this.invalid = new Invalid("record", options.invalid());
        this.documents = new Documents(source, options, invalid);
        this.ids = source instanceof Source.Ids(var rows) ? Optional.of(rows.iterator()) : Optional.empty();
        this.length = length(options, model);
        this.bos = ids.isPresent() || options.bos() == DatasetOptions.Bos.NONE ? OptionalInt.empty()
                : TextTokens.bos(model);
        this.eos = options.eos() ? eos(model) : OptionalInt.empty();
        this.packing = new Packing(length, options.bos() == DatasetOptions.Bos.ROW ? bos : OptionalInt.empty());
        if (options.shuffle().isPresent()) {
            Shuffled shuffled = new Shuffled(documents::next, options.shuffle().getAsInt(), options.seed());
            this.texts = shuffled::next;
        } else {
            this.texts = documents::next;
        }
    }

    private static int length(DatasetOptions options, Model model) {
        int context = model.configuration().nCtx(), length = options.length().orElse(context);
        if (length > context)
            throw new UsageException("rows of " + length + " tokens are longer than this model's context of " + context
                    + "; give the dataset a smaller length");
        return length;
    }

    private static OptionalInt eos(Model model) {
        OptionalInt eos = model.tokenizer().eos();
        if (eos.isEmpty()) throw new UsageException("this model's tokenizer has no EOS; leave the dataset's eos out");
        return eos;
    }

    /** Returns the next row; absent after the last. */
    public Optional<Row> next() {
        if (options.limit().isPresent() && index >= options.limit().getAsLong()) return Optional.empty();
        if (ids.isPresent()) return ids.get().hasNext() ? Optional.of(row(ids.get().next())) : Optional.empty();
        if (options.pack()) return packed();
        Optional<Document> document = texts.get();
        if (document.isEmpty()) return Optional.empty();
        int[] row = encoded(document.get(), bos);
        if (row.length == 0) throw new UsageException(document.get().place() + ": the text has no tokens");
        return Optional.of(new Row(index++, Arrays.copyOf(row, Math.min(row.length, length)), document.get().place()));
    }

    /**
     * Passes over rows, which are read but, where they are not packed, not encoded.
     *
     * @return how many there were, at most {@code count}
     */
    public long skip(long count) {
        long skipped = 0;
        boolean encodes = options.pack() || ids.isPresent();
        while (skipped < count && (encodes ? next().isPresent() : texts.get().isPresent())) {
            skipped++;
            if (!encodes) {
                index++;
                given++;
            }
        }
        return skipped;
    }

    private Row row(int[] given) {
        if (given.length == 0) throw new UsageException("row " + index + " of the dataset has no tokens");
        int vocabulary = model.configuration().dVocab();
        for (int id : given)
            if (id < 0 || id >= vocabulary)
                throw new UsageException("row " + index + " of the dataset has token id " + id
                        + ": this model's ids run from 0 to " + (vocabulary - 1));
        return new Row(index, Arrays.copyOf(given, Math.min(given.length, length)), "row " + index++);
    }

    private Optional<Row> packed() {
        while (!packing.full()) {
            Optional<Document> document = texts.get();
            if (document.isEmpty()) {
                packing.end();
                break;
            }
            packing.add(encoded(document.get(),
                    options.bos() == DatasetOptions.Bos.DOCUMENT ? bos : OptionalInt.empty()), document.get().place());
        }
        return packing.take(index).map(row -> {
            index++;
            return row;
        });
    }

    private int[] encoded(Document document, OptionalInt first) {
        given++;
        int[] ids = model.tokenizer().encode(document.text(),
                options.special() ? Tokenizer.SpecialTokens.PARSED : Tokenizer.SpecialTokens.AS_TEXT);
        boolean begins = first.isPresent() && !(ids.length > 0 && ids[0] == first.getAsInt());
        int[] all = new int[ids.length + (begins ? 1 : 0) + (eos.isPresent() ? 1 : 0)];
        System.arraycopy(ids, 0, all, begins ? 1 : 0, ids.length);
        if (begins) all[0] = first.getAsInt();
        if (eos.isPresent()) all[all.length - 1] = eos.getAsInt();
        return all;
    }

    /** Returns the records that could not be used so far. */
    public Invalid invalid() { return invalid; }

    /** Returns how many records had no text. */
    public long empty() { return documents.empty(); }

    /** Returns how many documents became tokens. */
    public long documents() { return ids.isPresent() ? index : given; }

    /** Returns the number of bytes that have been read of the files, as they are. */
    public long bytes() {
        return documents.bytes();
    }

    @Override public void close() { documents.close(); }
}
