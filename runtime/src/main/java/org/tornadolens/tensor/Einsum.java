package org.tornadolens.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.tornadolens.UsageException;

/** Sums of products by axis name: {@code "batch pos dModel, dModel dVocab -> batch pos dVocab"}. */
final class Einsum {

    private Einsum() {}

    static Tensor of(String text, List<Tensor> tensors) {
        String[] sides = text.split("->", -1);
        if (sides.length != 2)
            throw new UsageException("einsum(\"" + text + "\"): write the axes of the tensors, ->, and the axes of the "
                    + "result, as in \"batch pos dModel, dModel dVocab -> batch pos dVocab\"");
        List<List<String>> inputs = Arrays.stream(sides[0].split(",", -1)).map(Einsum::names).toList();
        List<String> output = names(sides[1]);
        check(text, inputs, output, tensors);

        Tensor product = null;
        for (int i = 0; i < tensors.size(); i++) {
            Set<String> needed = new HashSet<>(output);
            inputs.subList(i + 1, inputs.size()).forEach(needed::addAll);
            if (product == null) {
                product = summed(tensors.get(i), needed, List.of());
                continue;
            }
            Tensor next = summed(tensors.get(i), needed, product.shape().names());
            product = Products.product(product, next, needed);
        }
        Tensor ordered = Views.transpose(product, output.toArray(String[]::new));
        return ordered.contiguous() && product != tensors.getFirst() ? ordered : ordered.copy();
    }

    private static List<String> names(String axes) {
        return axes.isBlank() ? List.of() : List.of(axes.strip().split("\\s+"));
    }

    private static void check(String text, List<List<String>> inputs, List<String> output, List<Tensor> tensors) {
        String call = "einsum(\"" + text + "\")";
        if (inputs.size() != tensors.size())
            throw new UsageException(call + " names the axes of " + inputs.size() + " tensors, and " + tensors.size()
                    + (tensors.size() == 1 ? " is" : " are") + " given");
        Set<String> all = new HashSet<>();
        for (int i = 0; i < inputs.size(); i++) {
            List<String> own = tensors.get(i).shape().names();
            if (inputs.get(i).size() != own.size() || !new HashSet<>(inputs.get(i)).equals(new HashSet<>(own)))
                throw new UsageException(call + ": tensor " + (i + 1) + " is " + tensors.get(i).shape() + ", not ["
                        + String.join(", ", inputs.get(i)) + "]; rename its axes first, or name them as they are");
            all.addAll(own);
        }
        if (new HashSet<>(output).size() != output.size())
            throw new UsageException(call + ": the result names an axis twice");
        for (String axis : output)
            if (!all.contains(axis))
                throw new UsageException(call + ": the result's axis \"" + axis + "\" is in none of the tensors");
    }

    /** Sums over the axes that neither a later tensor, nor the result, nor the other factor has. */
    private static Tensor summed(Tensor tensor, Set<String> needed, List<String> other) {
        List<String> over = new ArrayList<>(tensor.shape().names());
        over.removeAll(needed);
        over.removeAll(other);
        return over.isEmpty() ? tensor : tensor.sum(over.toArray(String[]::new));
    }
}
