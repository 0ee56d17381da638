package org.tornadolens.dsl.script;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.model.Model;
import org.tornadolens.model.RandomTokens;
import org.tornadolens.model.TextTokens;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Tensor;

/** Behind {@code tokens.js}: text, ids and random tokens. */
public final class TokenExports {

    @HostAccess.Export public Tokens encode(Model model, Value texts, boolean bos) {
        return TextTokens.of(model, Arguments.strings(texts), bos);
    }

    /** The id of a text that is one token. */
    @HostAccess.Export public int single(Model model, String text) {
        return TextTokens.single(model, text);
    }

    @HostAccess.Export public Tokens ids(Value rows) {
        List<int[]> all = new ArrayList<>();
        for (long i = 0; i < rows.getArraySize(); i++) all.add(Arguments.ints(rows.getArrayElement(i)));
        return Tokens.of(all);
    }

    /** @param repeat how many times the random segment of {@code length} tokens occurs */
    record RandomRequest(Model model, int batch, int length, int repeat, double seed, boolean bos) {}

    @HostAccess.Export public Tokens random(Value request) {
        RandomRequest asked = Requests.read(request, RandomRequest.class);
        return RandomTokens.of(asked.model(), asked.batch(), asked.length(), asked.repeat(), (long) asked.seed(),
                asked.bos()).tokens();
    }

    @HostAccess.Export public int batch(Tokens tokens) { return tokens.batch(); }

    /** Padding included. */
    @HostAccess.Export public int length(Tokens tokens) { return tokens.length(); }

    /** A row's ids without padding. */
    @HostAccess.Export public int[] row(Tokens tokens, int row) {
        return tokens.row(row);
    }

    @HostAccess.Export public Tensor mask(Tokens tokens) { return tokens.mask(); }

    @HostAccess.Export public String print(Tokens tokens) { return tokens.toString(); }

    @HostAccess.Export public String text(Model model, Value ids) {
        return model.tokenizer().decode(Arguments.ints(ids));
    }

    @HostAccess.Export public String[] pieces(Model model, Value ids) {
        return Arrays.stream(Arguments.ints(ids)).mapToObj(model.tokenizer()::piece).toArray(String[]::new);
    }
}
