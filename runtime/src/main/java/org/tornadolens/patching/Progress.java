package org.tornadolens.patching;

/** Receives the progress of a sweep between batches; an exception that it throws stops the sweep. */
@FunctionalInterface public interface Progress {

    Progress NONE = (done, all) -> {};

    /** @param done number of completed cells of {@code all} */
    void done(long done, long all);
}
