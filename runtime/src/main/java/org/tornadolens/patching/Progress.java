package org.tornadolens.patching;

/** Hears how far a sweep is, between batches; an exception from it stops the sweep. */
@FunctionalInterface public interface Progress {

    Progress NONE = (done, all) -> {};

    /** @param done cells done of {@code all} */
    void done(long done, long all);
}
