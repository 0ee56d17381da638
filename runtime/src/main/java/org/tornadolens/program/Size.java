package org.tornadolens.program;

/** The length of an axis of a value: a constant of the model, or a symbol bound when a program runs. */
public sealed interface Size {

    int bind(Sizes sizes);

    record Fixed(int length) implements Size {
        @Override public int bind(Sizes sizes) { return length; }
    }

    enum Symbol implements Size {
        BATCH, POS, KEY;

        @Override public int bind(Sizes sizes) {
            return switch (this) {
                case BATCH -> sizes.batch();
                case POS -> sizes.pos();
                case KEY -> sizes.key();
            };
        }
    }
}
