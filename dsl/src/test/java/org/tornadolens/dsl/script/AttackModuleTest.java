package org.tornadolens.dsl.script;

import org.junit.jupiter.api.Test;

/** attack as scripts use it. The test of the search checks the numbers. */
class AttackModuleTest {

    private static final String IMPORTS =
            """
                    import { attack, load, metric } from "lens";
                    const model = load(), target = " lamp", length = 3, candidates = 16;
                    const asked =
                      { prompt: "The weather is {} in town. Answer:", target, length, candidates, steps: 8 };""";

    private static void prints(String... expressionsAndResults) { Scripts.prints(IMPORTS, "", expressionsAndResults); }

    @Test void theSuffixLowersTheLossAndStandsInItsPlace() {
        prints(
                "(a => [a.history.length, a.loss === Math.min(...a.history), a.loss < a.history[0], "
                        + "a.suffix.length].join())(attack(model, asked))",
                "9,true,true,3",
                "(a => Math.abs(metric.logProb(model.token(' lamp')).of(model.run(a.tokens)).item() + a.loss) < 1e-3)"
                        + "(attack(model, asked))",
                "true",
                "(a => model.tokens(a.text, { bos: false }).row(0).join() === a.suffix.join())(attack(model, asked))",
                "true",
                "((a, front) => a.tokens.row(0).slice(0, front.length + 3).join() === [...front, ...a.suffix].join())"
                        + "(attack(model, asked), model.tokens('The weather is').row(0))",
                "true", "attack(model, asked).text === attack(model, asked).text", "true");
    }

    @Test void idsMayStandAroundIt() {
        prints(
                "attack(model, { prompt: { before: [1, 40], after: [50, 60] }, target: [70], length: 2, steps: 0 })"
                        + ".tokens.row(0).filter((_, i) => i < 2 || i > 3)",
                "[1, 40, 50, 60]",
                "(first => attack(model, { ...asked, steps: 0, avoid: [first] }).suffix.includes(first))"
                        + "(attack(model, { ...asked, steps: 0 }).suffix[0])",
                "false", "attack(model, { ...asked, until: 100 }).history.length", "1");
    }

    @Test void oneSuffixServesSeveralPrompts() {
        prints(
                "(a => ['The weather is', 'Tom'].every((front, i) => a.tokens.row(i).join().startsWith("
                        + "[...model.tokens(front).row(0), ...a.suffix].join())) && a.tokens.batch)"
                        + "(attack(model, { ...asked, prompt: ['The weather is {} in town.', 'Tom {}'] }))",
                "2",
                "((a, each) => Math.abs(a.loss - (each[0].loss + each[1].loss) / 2) < 1e-3)"
                        + "(attack(model, { ...asked, steps: 0, prompt: ['Tom is {} here.', 'Anna {}'] }), "
                        + "['Tom is {} here.', 'Anna {}']"
                        + ".map(prompt => attack(model, { ...asked, steps: 0, prompt })))",
                "true",
                "(a => a.history[8] < a.history[0])(attack(model, { ...asked, target: [' lamp', ' box'], "
                        + "prompt: [{ before: [1, 40], after: [50] }, { before: [1, 60, 61] }] }))",
                "true",
                "attack(model, { ...asked, steps: 0, prompt: [[1, 40], [1, 50, 60]] }).tokens.toArray()"
                        + ".map(row => row.length)",
                "[5, 6]");
    }

    @Test void mistakesAreNamed() {
        prints(
                "attack(model, { prompt: 'a' })",
                "TypeError: attack needs a target: the continuation that the suffix makes probable",
                "attack(model, { ...asked, prompt: '{} {}' })",
                "TypeError: attack's prompt has 2 places {} for the suffix; one is meant",
                "attack(model, { ...asked, prompt: ['a', '{} {}'] })",
                "TypeError: attack's prompt 1 has 2 places {} for the suffix; one is meant",
                "attack(model, { ...asked, prompt: ['a', [1, 2]] })",
                "TypeError: attack's prompts are all texts, all rows of ids or all { before, after }",
                "attack(model, { ...asked, prompt: { before: [[1], [2]] } })",
                "TypeError: attack's prompt.before is one row of tokens, not 2",
                "attack(model, { ...asked, prompt: [] })", "RangeError: attack's prompt has no prompts",
                "attack(model, { ...asked, target: ['a', 'b'] })",
                "RangeError: attack has 2 targets for 1 prompt; give one for all or one for each",
                "attack(model, { ...asked, length: 0 })", "RangeError: attack's length is at least 1, not 0",
                "attack(model, { ...asked, avoid: ' lamp' })",
                "TypeError: attack's avoid is an array of tokens, not \" lamp\"");
    }
}
