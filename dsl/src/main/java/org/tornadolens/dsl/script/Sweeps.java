package org.tornadolens.dsl.script;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.tornadolens.Interruption;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Progress;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.patching.Sweep;

/** Settings shared by sweeps, patching and circuits of scripts: progress, interruption and the journal for resuming. */
final class Sweeps {

    private Sweeps() {}

    /** @param about distinguishes this sweep from others that the same place of the script may run */
    static Sweep.Settings settings(Host host, Progress progress, String units, String about) throws IOException {
        return new Sweep.Settings(OptionalLong.empty(), host.journal(about), (done, all) -> {
            progress.at(done, all, units);
            Interruption.check();
        });
    }

    static String about(String what, Model model, Object... rest) {
        return what + " " + model.checkpoint().source() + " " + text(model.interventions()) + " "
                + Arrays.stream(rest).map(Sweeps::text).toList();
    }

    /** Describes an object in the same words in every process. */
    private static String text(Object thing) {
        return switch (thing) {
            case Tokens tokens -> Arrays.toString(tokens.ids()) + Arrays.toString(tokens.padding());
            case Intervention intervention -> intervention.getClass().getSimpleName() + " " + intervention.site();
            case List<?> list -> list.stream().map(Sweeps::text).toList().toString();
            default -> thing.toString();
        };
    }
}
