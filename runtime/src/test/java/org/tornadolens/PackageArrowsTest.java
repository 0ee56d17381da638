package org.tornadolens;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.backend.Positions;

/** Packages use each other in one direction only, as docs/design.md describes; the exact list is here. */
class PackageArrowsTest {

    private static final String ROOT = "org.tornadolens";

    /**
     * The packages that each package may use. All may use the root package; a subpackage without a line of its own
     * counts as its parent.
     */
    private static final Map<String, Set<String>> ARROWS = Map.ofEntries(
            entry("memory", Set.of()),
            entry("files", Set.of()),
            entry("tensor", Set.of("memory")),
            entry("tokenizer", Set.of("files")),
            entry("jinja", Set.of()),
            entry("program", Set.of("tensor")),
            entry("architecture", Set.of("program", "tensor")),
            entry("backend", Set.of("memory", "program", "tensor")),
            entry("backend.cpu",
                    Set.of("memory", "backend.cpu.attention", "backend.cpu.pointwise", "backend.cpu.product",
                            "backend.cpu.memory", "backend.cpu.parallel", "backend", "program", "tensor")),
            entry("backend.cpu.attention", Set.of("backend.cpu.pointwise", "backend.cpu.product",
                    "backend.cpu.memory", "backend.cpu.parallel", "program")),
            entry("backend.cpu.pointwise", Set.of("backend.cpu.weight", "backend.cpu.memory", "backend.cpu.parallel",
                    "backend", "program", "tensor")),
            entry("backend.cpu.product", Set.of("backend.cpu.weight", "backend.cpu.memory", "backend.cpu.parallel",
                    "tensor")),
            entry("backend.cpu.weight", Set.of("backend.cpu.memory", "tensor")),
            entry("backend.cpu.memory", Set.of("memory", "backend.cpu.parallel")),
            entry("backend.cpu.parallel", Set.of()),
            entry("backend.reference", Set.of("backend", "program", "tensor")),
            entry("linalg", Set.of("backend.cpu.pointwise", "backend.cpu.product", "backend.cpu.parallel", "tensor")),
            entry("checkpoint", Set.of("memory", "architecture", "tokenizer", "program", "tensor")),
            entry("intervention", Set.of("architecture", "backend", "program", "tensor")),
            entry("model", Set.of("intervention", "checkpoint", "architecture", "tokenizer",
                    "backend", "program", "tensor")),
            entry("chat", Set.of("model", "checkpoint", "tokenizer", "jinja")),
            entry("metric", Set.of("model", "architecture", "backend", "program", "tensor")),
            entry("dataset", Set.of("model", "architecture", "tokenizer")),
            entry("survey", Set.of("memory", "dataset", "metric", "model", "intervention", "checkpoint", "architecture",
                    "linalg", "backend", "program", "tensor")),
            entry("analysis", Set.of("memory", "model", "intervention", "architecture",
                    "linalg", "backend", "program", "tensor")),
            entry("patching", Set.of("memory", "analysis", "metric", "model", "intervention", "architecture",
                    "linalg", "files", "backend", "program", "tensor")),
            entry("training", Set.of("memory", "model", "checkpoint", "architecture", "tokenizer",
                    "linalg", "files", "backend", "program", "tensor")),
            entry("training.corpus", Set.of("training", "model", "tokenizer")),
            entry("training.task", Set.of("training.corpus", "training", "model", "architecture", "tokenizer",
                    "tensor")),
            entry("bench",
                    Set.of("survey", "dataset", "training", "patching", "metric", "model", "intervention", "checkpoint",
                            "architecture", "tokenizer", "linalg", "backend.cpu.attention", "backend.cpu.product",
                            "backend.reference", "backend",
                            "program", "tensor")));

    private static final String MOVE = "move what is used to a package below both, or what uses it to one above";

    private static final JavaClasses CLASSES =
            new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests()).importPackages(ROOT);

    static Stream<String> packages() { return ARROWS.keySet().stream().sorted(); }

    @ParameterizedTest
    @MethodSource("packages") void aPackageUsesOnlyThoseBelowIt(String name) {
        Set<String> allowed = new TreeSet<>(ARROWS.get(name));
        String list = allowed.stream().map(one -> one + ", ").collect(joining());
        noClasses().that(lieIn(name)).should().dependOnClassesThat(lieOutside(name, allowed))
                .as(name + " uses only " + list + "the root package")
                .because("what lies below knows nothing of what lies above: " + MOVE + "; where the arrow is wanted, "
                        + "add it to ARROWS in this test and to docs/design.md")
                .check(CLASSES);
    }

    @Test void noPackagesUseEachOtherInACircle() {
        slices().matching(ROOT + ".(**)").should().beFreeOfCycles()
                .because("none of a circle's packages can be understood or changed alone: " + MOVE
                        + ", or hand over as an argument what one needs of the other")
                .check(CLASSES);
    }

    @Test void everyPackageHasItsPlaceInTheList() {
        List<String> unknown = CLASSES.stream().map(JavaClass::getPackageName).distinct()
                .filter(name -> !name.equals(ROOT) && line(name).isEmpty()).toList();
        assertEquals(List.of(), unknown, "packages without a line in ARROWS: say there what they may use, "
                + "and in docs/design.md what they are for");
    }

    @Test void theRootPackageUsesNothing() {
        noClasses().that().resideInAPackage(ROOT).should().dependOnClassesThat().resideInAPackage(ROOT + ".(**)")
                .because("every package may use the root package, so what it uses would be used by all")
                .check(CLASSES);
    }

    @Test void interventionsKnowOfBackendsOnlyPositions() {
        noClasses().that(lieIn("intervention"))
                .should().dependOnClassesThat(lieIn("backend").and(not(equivalentTo(Positions.class))))
                .because("an intervention says what happens to a value, on whatever backend runs it")
                .check(CLASSES);
    }

    @Test void onlyLinalgAndTheBenchmarkOfKernelsNameTheCpuBackend() {
        noClasses().that().resideOutsideOfPackages(ROOT + ".backend.cpu..", ROOT + ".linalg")
                .and().doNotHaveSimpleName("KernelBench")
                .should().dependOnClassesThat().resideInAPackage(ROOT + ".backend.cpu..")
                .because("its kernels must be free to change: run programs on Backends.cpu(), and for arithmetic "
                        + "outside a program use org.tornadolens.linalg or add a method there")
                .check(CLASSES);
    }

    private static DescribedPredicate<JavaClass> lieIn(String name) {
        return describe("lie in " + name, one -> line(one.getPackageName()).equals(Optional.of(name)));
    }

    private static DescribedPredicate<JavaClass> lieOutside(String name, Set<String> allowed) {
        return describe("lie in others of our packages", one -> line(one.getPackageName())
                .filter(line -> !line.equals(name) && !allowed.contains(line)).isPresent());
    }

    /** Returns the line of {@link #ARROWS} for a package; none for the root package and for foreign packages. */
    private static Optional<String> line(String packageName) {
        for (String name = packageName; name.startsWith(ROOT + "."); name = name.substring(0, name.lastIndexOf('.'))) {
            String own = name.substring(ROOT.length() + 1);
            if (ARROWS.containsKey(own)) return Optional.of(own);
        }
        return Optional.empty();
    }
}
