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

    /** The hook of this name; absent for names that are not exactly a hook's, such as patterns. */
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

    /** The value of this name, with the axes that the model gives it. */
    public Value value(Configuration configuration) {
        return point.value(configuration, layer);
    }

    /** Where a past holds this value; absent for what attention does not read of earlier positions. */
    public Optional<Extend.Slot> slot() {
        return point.past().map(kind -> new Extend.Slot(layer, kind));
    }

    /** The hook whose values a past holds in this place. */
    public static Hook of(Extend.Slot slot) {
        return new Hook(slot.kind() == Extend.Kind.KEYS ? HookPoint.ROT_K : HookPoint.V, slot.layer());
    }

    @Override public String toString() { return name(); }
}
