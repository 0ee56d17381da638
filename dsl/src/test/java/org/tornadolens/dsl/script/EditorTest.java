package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.dsl.cli.NewScripts;

/** What an editor shows in a folder where {@code lens new} wrote scripts, with nothing installed. */
class EditorTest {

    /** Where completions are asked for, at | or at the end, and some that have to be there. */
    private static final Map<String, List<String>> COMPLETED = Map.of(
            "import { load } from \"lens\"; load().", List.of("run", "tokens", "with", "generate", "hookNames"),
            "import { load } from \"lens\"; load().run(\"Once\", { ", List.of("cache", "hooks", "at", "loss"),
            "import { ablate, head } from \"lens\"; ablate(head(\"1.0\"), { with: \"",
            List.of("zero", "mean", "resample"),
            "import { load } from \"lens\"; load().run(\"Once\", { cache: \"",
            List.of("blocks.*.attn.hook_pattern", "blocks.31.hook_resid_post", "hook_embed", "10.29"),
            "import { head } from \"lens\"; head(\"", List.of("0.0", "10.29"),
            "import { load } from \"lens\"; load(\"", List.of("models/small.gguf"),
            "import { head } from \"lens\"; head(\"1.0\").", List.of("z", "q", "pattern", "result", "OV"),
            "import { | } from \"lens\";", List.of("load", "heads", "patching", "chart", "train"));

    private static final Map<String, String> FILES = new TreeMap<>();
    private static TypeScript.Edited shown;

    @BeforeAll static void open(@TempDir Path folder) throws IOException {
        Files.createDirectory(folder.resolve("models"));
        Files.writeString(folder.resolve("models/small.gguf"), "GGUF");
        for (String kind : NewScripts.kinds()) NewScripts.write(folder.resolve("my-" + kind), kind);
        try (Stream<Path> written = Files.list(folder)) {
            for (Path file : written.filter(Files::isRegularFile).toList())
                FILES.put("/elsewhere/" + file.getFileName(), Files.readString(file));
        }
        List<TypeScript.Spot> spots = new ArrayList<>();
        for (String text : COMPLETED.keySet()) {
            String name = "/elsewhere/typed-" + spots.size() + ".js";
            int cursor = text.indexOf('|');
            FILES.put(name, text.replace("|", ""));
            spots.add(new TypeScript.Spot(name, cursor < 0 ? text.length() : cursor));
        }
        shown = TypeScript.edit(FILES, "/elsewhere/jsconfig.json", spots);
    }

    @Test void noScriptOfAnyKindHasAProblem() {
        assertEquals(6, NewScripts.kinds().size());
        assertEquals(List.of(), shown.problems().stream().filter(problem -> !problem.startsWith("/elsewhere/typed-"))
                .toList());
    }

    @Test void namesAreCompleted() {
        List<String> texts = List.copyOf(COMPLETED.keySet());
        for (int i = 0; i < texts.size(); i++) {
            assertTrue(shown.completions().get(i).containsAll(COMPLETED.get(texts.get(i))),
                    texts.get(i) + " gives " + shown.completions().get(i));
        }
    }

    @Test void theHooksOfEveryBlockAreDeclared() {
        List<String> offered = shown.completions().get(List.copyOf(COMPLETED.keySet())
                .indexOf("import { load } from \"lens\"; load().run(\"Once\", { cache: \""));
        for (HookPoint point : HookPoint.values()) {
            String name = point.place() == HookPoint.Place.BLOCK ? point.name(3) : point.text();
            assertTrue(offered.contains(name), name);
        }
        assertEquals(HookPoint.values().length - 3,
                offered.stream().filter(name -> name.startsWith("blocks.3.")).count());
    }
}
