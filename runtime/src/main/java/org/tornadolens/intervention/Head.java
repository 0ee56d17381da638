package org.tornadolens.intervention;

/** One attention head; prints as papers write it: {@code 10.29} is layer 10, head 29. */
public record Head(int layer, int head) {
    @Override public String toString() { return layer + "." + head; }
}
