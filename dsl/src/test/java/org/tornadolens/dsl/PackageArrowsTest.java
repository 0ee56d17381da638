package org.tornadolens.dsl;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The packages of this module use only those that docs/design.md allows. */
class PackageArrowsTest {

    private static final String ENGINE = "org.tornadolens.", DSL = "org.tornadolens.dsl";

    private static final JavaClasses CLASSES =
            new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests()).importPackages(DSL);

    /** Allows a package only some of ours, besides itself and the engine's root package. */
    private static void usesOnly(String name, String reason, String... allowed) {
        String[] all = Stream.concat(Stream.of(allowed), Stream.of(name, "org.tornadolens")).toArray(String[]::new);
        noClasses().that().resideInAPackage(name)
                .should().dependOnClassesThat(resideInAPackage("org.tornadolens..").and(resideOutsideOfPackages(all)))
                .because(reason)
                .check(CLASSES);
    }

    @Test void noPackagesUseEachOtherInACircle() {
        slices().matching(ENGINE + "(**)").should().beFreeOfCycles()
                .because("none of a circle's packages can be understood or changed alone: hand over as an argument "
                        + "what one needs of the other, or move what both need to a package below them")
                .check(CLASSES);
    }

    @Test void chartsAndTablesShowTensorsAndKnowNothingElse() {
        String reason = "they show numbers, whatever these are of; script, which calls them, knows what of";
        usesOnly(DSL + ".chart", reason, ENGINE + "tensor");
        usesOnly(DSL + ".table", reason, ENGINE + "tensor");
        usesOnly(DSL + ".html", reason, ENGINE + "tensor", ENGINE + "intervention");   // a page may name heads
    }

    @Test void reportsShowPartsAndDoNotKnowRuns() {
        usesOnly(DSL + ".report", "the facts of a run are handed to its report", DSL + ".chart", DSL + ".table",
                DSL + ".html");
    }

    @Test void outputDoesNotKnowWhoseItIs() {
        noClasses().that().resideInAPackage(DSL + ".output").should().dependOnClassesThat(
                resideInAPackage(DSL + "..").and(resideOutsideOfPackages(DSL + ".output")))
                .because("a run's folder, record and journal are handed what they need, as a Provenance")
                .check(CLASSES);
    }

    @Test void theHostDoesNotKnowScriptsAndCommands() {
        noClasses().that().resideInAPackage(DSL).should().dependOnClassesThat(
                resideInAPackage(DSL + "..").and(resideOutsideOfPackages(DSL, DSL + ".output", DSL + ".report")))
                .because("scripts and commands are given a Host, which must not depend on what it is given to")
                .check(CLASSES);
    }

    @Test void scriptsDoNotKnowCommands() {
        noClasses().that().resideInAPackage(DSL + ".script").should().dependOnClassesThat()
                .resideInAnyPackage(DSL + ".cli", ENGINE + "bench")
                .because("a script also runs without a command line: it is told what was asked for by its Host")
                .check(CLASSES);
    }

    @Test void aSessionDoesNotKnowCommandsAndScriptsDoNotKnowSessions() {
        noClasses().that().resideInAPackage(DSL + ".repl").should().dependOnClassesThat()
                .resideInAPackage(DSL + ".cli").because("a notebook, too, holds a session").check(CLASSES);
        noClasses().that().resideInAPackage(DSL + ".script").should().dependOnClassesThat()
                .resideInAPackage(DSL + ".repl").because("a session is one way to run scripts").check(CLASSES);
    }

    @Test void nobodyNamesAnImplementationOfABackend() {
        noClasses().should().dependOnClassesThat()
                .resideInAnyPackage(ENGINE + "backend.cpu..", ENGINE + "backend.reference..")
                .because("which backend runs a model is settled by its name: use Backends")
                .check(CLASSES);
    }
}
