package org.tornadolens.training.corpus;

/** Writes documents of one kind. Writers are stateless: the same draw and split give the same document. */
public interface Writer {
    Document write(Draw draw, Split split);
}
