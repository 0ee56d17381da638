package org.tornadolens.dsl.repl;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.graalvm.polyglot.Value;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.repl.Types.Thing;
import org.tornadolens.dsl.script.Evaluator;
import org.tornadolens.tensor.Tensor;

/** The values of a session as text. Pictures are saved, and opened where there is a desktop. */
final class Values {

    private final Evaluator session;
    private final Declarations declarations;
    private final Help help;
    private final Host host;
    private final Look look;
    private int pictures;

    Values(Evaluator session, Declarations declarations, Help help, Host host, Look look) {
        this.session = session;
        this.declarations = declarations;
        this.help = help;
        this.host = host;
        this.look = look;
    }

    /**
     * Returns a value as text.
     *
     * @param saved the files that the input saved
     */
    String text(Value value, List<Path> saved) {
        String kind = session.tool("kind", value).asString();
        if (List.of("Chart", "Page", "Report").contains(kind)) {
            if (saved.isEmpty()) save(value, kind.toLowerCase(Locale.ROOT) + "-" + ++pictures);
            return session.text(value);
        }
        if (kind.equals("function")) {
            Optional<String> name = declarations.exports().values().stream()
                    .filter(one -> one.callable() && same(value, one.name())).map(help::calls).findFirst();
            return name.orElseGet(() -> session.text(value));
        }
        if (declarations.interfaces().containsKey(kind) && session.tool("mute", value).asBoolean())
            return help.holds(kind);
        Value tensor = session.tool("tensorIn", value);
        if (tensor.isNull()) return session.text(value);
        String text = session.text(value);
        return HeatText.of(tensor.as(Tensor.class), look).map(map -> text + "\n" + map).orElse(text);
    }

    private void save(Value picture, String name) {
        session.tool("saved", picture, name);
        session.saved(name);
    }

    private boolean same(Value value, String export) {
        Value variable = session.tool("peek", session.tool("nothing"), export);
        return variable.hasMember("value") && variable.getMember("value").equals(value);
    }

    /** Opens pictures in the desktop's own viewer, if there is one. */
    void open(List<Path> files) {
        if (!look.desktop()) return;
        for (Path file : files) {
            if (!file.toString().matches(".*\\.(png|svg|pdf|html)")) continue;
            String opener = System.getProperty("os.name").startsWith("Mac") ? "open" : "xdg-open";
            try {
                new ProcessBuilder(opener, file.toString()).redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            } catch (IOException e) {
                return;      // the path is printed, and no desktop's viewer is there to show it
            }
        }
    }
}
