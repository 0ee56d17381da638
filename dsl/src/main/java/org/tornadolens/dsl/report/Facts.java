package org.tornadolens.dsl.report;

import java.util.List;

/**
 * The record of a run, as its report shows it.
 *
 * @param outcome how the run ended, in a few words: {@code done}, {@code failed with exit code 3}
 * @param failed  whether it failed
 * @param facts   models, seed, command, versions, times, …
 * @param claims  the checks so far
 * @param values  the recorded values
 */
public record Facts(String outcome, boolean failed, List<Fact> facts, List<Part.Claim> claims, List<Fact> values) {

    public record Fact(String name, String value) {}

    public Facts {
        facts = List.copyOf(facts);
        claims = List.copyOf(claims);
        values = List.copyOf(values);
    }
}
