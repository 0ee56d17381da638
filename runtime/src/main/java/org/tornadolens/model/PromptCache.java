package org.tornadolens.model;

import java.util.Arrays;
import org.tornadolens.backend.Executable;
import org.tornadolens.program.Past;

/**
 * The keys and values of the tokens of the latest generation of a model, for the next one: where its prompt begins with
 * the same tokens, as each turn of a conversation does, only the others are run. It holds one row.
 */
public final class PromptCache implements AutoCloseable {

    private final Model model;
    private int[] ids = {};      // whose keys and values the past holds
    private Past past;

    /** @throws IllegalArgumentException if the model has interventions, by which keys depend on where a prompt ends */
    public PromptCache(Model model) {
        if (!model.declared().isEmpty())
            throw new IllegalArgumentException("the prompts of a model with interventions have to run whole");
        this.model = model;
    }

    Model model() { return model; }

    /** Returns how many tokens of a prompt a generation would not run: never all, since the last gives the next one. */
    public int reusable(int[] prompt) {
        int different = Arrays.mismatch(ids, prompt), same = different < 0 ? ids.length : different;
        return Math.min(same, prompt.length - 1);
    }

    /** Returns a past that holds the keys and values of the prompt's first tokens, with room for {@code positions}. */
    Past past(Executable executable, int[] prompt, int positions) {
        if (past == null || past.capacity() < positions) {
            close();
            int context = model.configuration().nCtx();
            past = executable.past(1, Math.min(context, positions + positions / 2));   // room for the next turns
        }
        past.truncate(reusable(prompt));
        return past;
    }

    /** Notes the tokens of a row, of which the past holds those that were run. */
    void holds(int[] row) {
        ids = Arrays.copyOf(row, past.length());
    }

    /** Frees the memory. A later generation runs its whole prompt. */
    @Override public void close() {
        if (past != null) past.close();
        past = null;
        ids = new int[0];
    }
}
