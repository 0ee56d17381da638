package org.tornadolens.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.tornadolens.program.Rotary;

/** Compares frequencies with those of transformers 5.24; theta 200 and heads of size 24 for YaRN. */
class RopeScalingTest {

    private static final double THETA = 200;

    private static void assertFrequencies(List<Double> expected, Rotary rotary) {
        for (int pair = 0; pair < expected.size(); pair++)
            assertEquals(expected.get(pair), rotary.frequencies().get(pair), 1e-6, "pair " + pair);
    }

    @Test void yarnKeepsFastPairsAndDividesSlowOnes() {
        Rotary rotary = RopeScaling.Yarn.of(4, 16).rotary(THETA, 24, 64);
        assertFrequencies(List.of(1.0, .48229054, .20675924, .0664787, .0427494, .02749018, .01767767, .0113677,
                .00731004, .00470075, .00302284, .00194385), rotary);
        assertEquals(1.138629, rotary.magnitude(), 1e-6);
    }

    @Test void yarnTakesItsOwnTurnsAndFactor() {
        RopeScaling.Yarn yarn = new RopeScaling.Yarn(4, 16, 4, .25, true, OptionalDouble.of(1.5));
        assertFrequencies(List.of(1.0, .56267226, .31013888, .16619675, .08549879, .04123527, .01767767),
                yarn.rotary(THETA, 24, 64));
        assertEquals(1.5, yarn.rotary(THETA, 24, 64).magnitude());
    }

    @Test void yarnMayEndBetweenPairs() {
        RopeScaling.Yarn yarn = new RopeScaling.Yarn(4, 16, RopeScaling.Yarn.BETA_FAST, RopeScaling.Yarn.BETA_SLOW,
                false, OptionalDouble.empty());
        assertFrequencies(List.of(1.0, .4152362, .12052009, .0664787), yarn.rotary(THETA, 24, 64));
    }

    @Test void dynamicScalingFollowsTheLengthOfTheRun() {
        Rotary rotary = new RopeScaling.Dynamic(4, 16).rotary(10_000, 8, 64);
        List<Double> expected = List.of(1.0, 0.0693361, 0.0048075, 0.000333333), found = rotary.frequencies(24);
        for (int pair = 0; pair < 4; pair++) assertEquals(expected.get(pair), found.get(pair), 1e-7);
        assertEquals(RopeScaling.NONE.rotary(10_000, 8, 64).frequencies(), rotary.frequencies(16));
    }
}
