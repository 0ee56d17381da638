package org.tornadolens.training.corpus;

/** Writes documents of one kind. Stateless: the same draw and split give the same document. */
public interface Writer {
    Document write(Draw draw, Split split);
}
