package org.tornadolens.intervention;

import java.util.List;
import java.util.Optional;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/** The data of an intervention, which is bound to each run. */
public sealed interface Source permits Data, Basis {

    /** Returns the value of this name that holds the data in a program where the value {@code at} is changed. */
    Value lent(String name, Value at);

    /**
     * Returns the data for one run, with the axes of {@link #lent}; an axis of length 1 is broadcast.
     *
     * @param site      the site of the intervention
     * @param selection the part of the site as indices of {@code at}
     * @param held      the numbers of the heads that {@code at} holds; absent: all heads
     * @param padding   position of the first real token of each row in this run; negative if it lies in the past
     */
    Tensor bind(Site site, Value at, Selection selection, Optional<List<Integer>> held, Sizes sizes, int[] padding);

    /**
     * Returns a key of what the bound data depends on besides the value and the run: cells of a sweep with equal keys
     * share one tensor.
     */
    Object bindingKey(Site site, Value at, Selection selection);

    /** Returns whether the data also applies to tokens generated later; data of particular positions does not. */
    boolean appliesToNewTokens();
}
