package org.tornadolens.dsl.repl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/reference.md says what scripts/lens.d.ts says. With {@code -Dtornadolens.docs=write} it is written anew. */
class ReferenceTest {

    private static final Path PAGE = Path.of("../docs/reference.md"), SOURCE = Path.of("../scripts/lens.d.ts");

    @Test void thePageIsThatOfTheDeclarations() throws IOException {
        String page = new ReferencePage(Files.readString(SOURCE)).text();
        if ("write".equals(System.getProperty("tornadolens.docs"))) Files.writeString(PAGE, page);
        List<String> written = Files.readString(PAGE).lines().toList(), made = page.lines().toList();
        for (int line = 0; line < Math.min(written.size(), made.size()); line++)
            assertEquals(made.get(line), written.get(line), "docs/reference.md, line " + (line + 1)
                    + ": lens.d.ts has changed; CONTRIBUTING.md says how to make the page again");
        assertEquals(made.size(), written.size(), "the number of lines of docs/reference.md");
    }

    @Test void everyNameHasItsPlaceOnThePage() throws IOException {
        String page = new ReferencePage(Files.readString(SOURCE)).text();
        Declarations declarations = Declarations.ofModule();
        Set<String> headings = page.lines().filter(line -> line.startsWith("###"))
                .map(line -> line.replaceFirst("#+ ", "").replace(" (type)", "")).collect(Collectors.toSet());
        Set<String> missing = new TreeSet<>(declarations.exports().keySet());
        missing.addAll(declarations.aliases().keySet());
        declarations.interfaces().values().forEach(type -> {
            missing.add(type.name());
            type.members().keySet().stream().filter(member -> !member.equals("toString"))
                    .forEach(member -> assertTrue(page.contains(member), type.name() + "." + member));
        });
        missing.removeAll(headings);
        missing.removeAll(Set.of("OtherText", "Digit", "Index", "ModelFiles"));
        declarations.exports().values().forEach(export -> missing.remove(export.type()));
        assertEquals(Set.of(), missing);
    }
}
