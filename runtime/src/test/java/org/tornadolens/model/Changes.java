package org.tornadolens.model;

import java.util.List;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.tensor.Tensor;

/** An intervention for tests: it changes every element in a simple way that no norm or softmax cancels. */
final class Changes {

    private Changes() {}

    static Tensor changed(Tensor value) { return value.mul(3).sub(0.5); }

    static Intervention of(Site site) { return new Intervention.Hook(site, (value, _) -> changed(value)); }

    static Intervention of(String name) { return of(Site.of(name)); }

    static Intervention of(String name, List<Integer> heads) { return of(Site.of(name).heads(heads)); }
}
