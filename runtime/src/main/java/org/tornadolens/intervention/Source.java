package org.tornadolens.intervention;

import java.util.List;
import java.util.Optional;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/** Data that an intervention brings to its sites. */
public sealed interface Source permits Data, Basis {

    /** The value, of this name, as which a program is lent the data for the value {@code at}. */
    Value lent(String name, Value at);

    /**
     * The data as one run needs it, with an axis for each of the lent value's; of length 1 where it is to be repeated.
     *
     * @param site      what the intervention names
     * @param selection the same as indices of {@code at}
     * @param held      the numbers of the heads that {@code at} holds, where these are not all
     * @param padding   where each row's first real token is in this run, negative when it lies in the past
     */
    Tensor bind(Site site, Value at, Selection selection, Optional<List<Integer>> held, Sizes sizes, int[] padding);

    /** What the bound data depends on, the value and the run apart: where that is equal, one tensor serves many cells of a sweep. */
    Object dependence(Site site, Value at, Selection selection);

    /** Whether it also stands for tokens yet to come; data for certain positions does not. */
    boolean standing();
}
