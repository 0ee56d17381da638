package org.tornadolens.notebook;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The kernel uses only the packages that docs/design.md allows. */
class NotebookArrowsTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("org.tornadolens.notebook");

    @Test void itKnowsSessionsButNeitherCommandsNorTensors() {
        noClasses().should().dependOnClassesThat(resideInAPackage("org.tornadolens..").and(resideOutsideOfPackages(
                "org.tornadolens.notebook", "org.tornadolens", "org.tornadolens.dsl", "org.tornadolens.dsl.jupyter",
                "org.tornadolens.dsl.repl", "org.tornadolens.dsl.script", "org.tornadolens.dsl.output",
                "org.tornadolens.dsl.chart", "org.tornadolens.dsl.table", "org.tornadolens.dsl.html",
                "org.tornadolens.model", "org.tornadolens.backend", "org.tornadolens.memory",
                "org.tornadolens.checkpoint",
                "org.tornadolens.tokenizer")))
                .because("a cell is an input of a session, which knows how to run it").check(CLASSES);
    }

    @Test void onlyTheChannelsKnowZeroMQ() {
        noClasses().that().doNotHaveSimpleName("Channels").should().dependOnClassesThat()
                .resideInAPackage("org.zeromq..").because("everything else handles messages").check(CLASSES);
    }
}
