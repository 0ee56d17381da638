package org.tornadolens.dsl.output;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the numbers of a run depend on, up to a place in its script: the script, the files that it has imported, read
 * and opened as models, its seed and arguments, and the version of TornadoLens. Each is a text whose first word is a
 * name for messages.
 */
final class Basis {

    private Basis() {}

    static List<String> of(Provenance provenance, RunRecord record) throws IOException {
        List<String> basis = new ArrayList<>();
        basis.add("script " + Fingerprint.of(provenance.script()).hex());
        for (Path file : record.imports()) basis.add("import " + file + " " + Fingerprint.of(file).hex());
        for (var input : record.inputs().entrySet())
            basis.add("file " + input.getKey() + " " + input.getValue().join().strict(input.getKey()));
        for (RunRecord.UsedModel model : record.models())
            basis.add("model " + model.fingerprint().join().strict(model.path()) + " " + model.dtype() + " on "
                    + model.device());
        basis.add("seed " + provenance.seed());
        provenance.arguments().forEach((name, value) -> basis.add("argument " + name + "=" + value));
        basis.add("version " + provenance.version());
        return basis;
    }
}
