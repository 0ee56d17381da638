package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LensModuleTest {

    @Test void aScriptGetsTheFilesThatItsWordsNameAndNoOthers() {
        String module = LensModule.of("import { load, print as say } from \"lens\";\nsay(load().run('Once').logits);");
        assertTrue(module.contains("./model.js") && module.contains("./script.js"), module);
        assertFalse(module.contains("./patching.js") || module.contains("./chart.js"), module);
    }

    @Test void everyNameIsInTheLineThatExportsIt() {
        for (String name : LensModule.names()) {
            assertTrue(LensModule.of("import { " + name + " } from 'lens';").lines()
                    .anyMatch(line -> List.of(line.split("[^\\w$]+")).contains(name)), name);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "import * as lens from \"lens\";",
            "import { measure } from \"./measure.js\";",
            "import './measure.js';",
            "const { load } = await import(\"lens\");",
            "import { lo\\u0061d } from \"lens\";"}) void whoseTextDoesNotSayWhatItImportsGetsAllOfIt(String script) {
        assertEquals(LensModule.all(), LensModule.of(script));
    }
}
