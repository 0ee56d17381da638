package org.tornadolens.survey;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What consecutive units of a survey have found. That of one unit is computed of its rows alone; those of all units,
 * merged in their order, are the survey's result, wherever each was computed.
 */
public final class Partial {

    private List<Collected> collected;
    private final List<String> notFinite = new ArrayList<>();    // rows that are left out: where and why
    private long units, rows, tokens;

    Partial(List<Collected> collected) { this.collected = collected; }

    List<Collected> collected() { return collected; }

    /** Notes that a unit has been added. */
    void counted(Unit unit) {
        units++;
        rows += unit.rows().size();
        tokens += unit.tokens();
    }

    void leftOut(String where) { notFinite.add(where); }

    /** Returns the number of units, which are the first of the survey. */
    public long units() { return units; }

    public long rows() { return rows; }

    public long tokens() { return tokens; }

    /** Returns the rows that are left out because of a value that is NaN or infinite, each with place and value. */
    public List<String> notFinite() {
        return notFinite;
    }

    /** Adds what the next units have found, which is not to be used any more. */
    public void merge(Partial next) {
        if (units == 0) collected = next.collected;    // there is nothing yet to which it would be added
        else for (int i = 0; i < collected.size(); i++) collected.get(i).merge(next.collected.get(i));
        notFinite.addAll(next.notFinite);
        units += next.units;
        rows += next.rows;
        tokens += next.tokens;
    }

    public void write(DataOutput out) throws IOException {
        out.writeLong(units);
        out.writeLong(rows);
        out.writeLong(tokens);
        out.writeInt(notFinite.size());
        for (String where : notFinite) out.writeUTF(where);
        for (Collected one : collected) one.write(out);
    }

    /** Reads what {@link #write} wrote, into one that holds nothing yet and is of the same survey. */
    public void read(DataInput in) throws IOException {
        units = in.readLong();
        rows = in.readLong();
        tokens = in.readLong();
        for (int n = in.readInt(); n > 0; n--) notFinite.add(in.readUTF());
        for (Collected one : collected) one.read(in);
    }
}
