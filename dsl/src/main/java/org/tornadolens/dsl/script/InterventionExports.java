package org.tornadolens.dsl.script;

import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Target;
import org.tornadolens.model.HookNames;
import org.tornadolens.program.HostFunction;
import org.tornadolens.tensor.Tensor;

/** Behind {@code interventions.js}. */
public final class InterventionExports {

    @HostAccess.Export
    public Declared zero(Value targets) { return new Declared(Arguments.objects(targets, Target.class), Intervention.AblateZero::new); }

    /** @param function (tensor, hook name, layer, head) → tensor; layer and head are -1 where there is none */
    @HostAccess.Export
    public Declared hook(Value targets, Value function) {
        HostFunction call = (value, context) -> called(function, value, context);
        return new Declared(Arguments.objects(targets, Target.class), site -> new Intervention.Hook(site, call));
    }

    private static Tensor called(Value function, Tensor value, HostFunction.Context context) {
        Tensor changed = function.execute(value, context.name(), HookNames.layer(context.name()), context.head()).asHostObject();
        if (!changed.shape().equals(value.shape())) {
            throw new UsageException("the hook on " + context.name() + " was given " + value.shape() + " and returned " + changed.shape());
        }
        return changed;
    }
}
