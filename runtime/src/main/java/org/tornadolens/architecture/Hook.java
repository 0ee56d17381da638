package org.tornadolens.architecture;

import java.util.Optional;
import org.tornadolens.program.Operation.Extend;
import org.tornadolens.program.Value;

/**
 * A hook point of one layer: {@code blocks.3.attn.hook_z}.
 *
 * @param layer -1 for values outside the blocks
 */
public record Hook(HookPoint point, int layer) {

    static final String BLOCKS = "blocks.";

    public String name() { return layer < 0 ? point.text() : BLOCKS + layer + "." + point.text(); }

    /** Returns the hook of this name; absent for any other name and for patterns. */
    public static Optional<Hook> of(String name) {
        return HookPoint.of(name).flatMap(point -> of(point, name));
    }

    private static Optional<Hook> of(HookPoint point, String name) {
        if (point.place() != HookPoint.Place.BLOCK) return Optional.of(new Hook(point, -1));
        int layer = 0;
        for (int i = BLOCKS.length(); name.charAt(i) != '.'; i++) {
            int digit = name.charAt(i) - '0';
            if (digit < 0 || digit > 9 || layer > 1_000_000) return Optional.empty();
            layer = 10 * layer + digit;
        }
        return Optional.of(new Hook(point, layer));
    }

    /** Returns the value of this hook, with its axes in a model. */
    public Value value(Configuration configuration) {
        return point.value(configuration, layer);
    }

    /** Returns where a past holds this value; absent if attention does not read it at earlier positions. */
    public Optional<Extend.Slot> slot() {
        return point.past().map(kind -> new Extend.Slot(layer, kind));
    }

    /** Returns the hook whose values a past holds in this slot. */
    public static Hook of(Extend.Slot slot) {
        return new Hook(slot.kind() == Extend.Kind.KEYS ? HookPoint.ROT_K : HookPoint.V, slot.layer());
    }

    @Override public String toString() { return name(); }
}
