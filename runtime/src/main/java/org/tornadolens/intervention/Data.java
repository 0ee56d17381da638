package org.tornadolens.intervention;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.backend.Positions;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Size;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * Values for a site: those of another run, a mean, or a vector. Axes are matched by name. An axis that is missing or
 * has length 1 is broadcast; an axis as long as the site's selection holds only the selected part; batch rows are
 * reused cyclically where the data has fewer than the run.
 *
 * @param values  returns the data for a site that names one value
 * @param padding left padding of each row of the data, by which positions are aligned at the first real token of their
 *                row; absent: positions are matched by index
 * @param draw    seed with which each row of a run draws a row of the data; absent: rows are matched by index
 */
public record Data(Function<Site, Tensor> values, Optional<int[]> padding, OptionalLong draw) implements Source {

    /** Returns data that is the same tensor at every site. */
    public static Data of(Tensor tensor) {
        return new Data(site -> tensor, Optional.empty(), OptionalLong.empty());
    }

    /** Returns a copy that loads its values with {@code source}; padding and draw seed are unchanged. */
    public Data from(Function<Site, Tensor> source) {
        return new Data(source, padding, draw);
    }

    /** Returns a copy where each row of a run draws a row of the data at random (resampling). */
    public Data drawn(long seed) {
        return new Data(values, padding, OptionalLong.of(seed));
    }

    @Override public Value lent(String name, Value at) { return new Value(name, 0, at.dimensions()); }

    @Override public boolean appliesToNewTokens() { return padding.isEmpty() && draw.isEmpty(); }

    @Override public Tensor bind(Site site, Value at, Selection selection, Optional<List<Integer>> held, Sizes sizes,
            int[] rowPadding) {
        return new Fitting(site, at, selection, held, sizes, rowPadding, named(values.apply(site).unmasked(), at))
                .tensor();
    }

    /** Data for all heads is bound whole, whichever heads the site names, so that these do not distinguish it. */
    @Override public Object bindingKey(Site site, Value at, Selection selection) {
        Tensor tensor = values.apply(site);
        int head = at.headAxis();
        boolean allHeads = head >= 0 && tensor.shape().axes().contains(at.shape(new Sizes(1, 1, 0)).axes().get(head));
        return List.of(this, tensor, allHeads ? selection.heads(Optional.empty()) : selection);
    }

    /** Renames the axis of a vector that is as long as the value's last axis, whatever its own name. */
    private static Tensor named(Tensor tensor, Value at) {
        if (tensor.shape().rank() != 1) return tensor;
        String own = tensor.shape().names().getFirst(), last = at.dimensions().getLast().axis();
        return at.axis(own) < 0 && at.dimensions().getLast().size().equals(new Size.Fixed(tensor.shape().size(0)))
                ? tensor.rename(own, last) : tensor;
    }

    /** A range of an axis: {@code length} indices from {@code from} in the data go to {@code to} in the run. */
    private record Stretch(int from, int to, int length) {}

    /** Fits the data to one run: aligns positions and copies the selected rows into a tensor of the run's sizes. */
    private final class Fitting {
        private final Site site;
        private final Value at;
        private final Selection selection;
        private final Optional<List<Integer>> held;
        private final Sizes sizes;
        private final int[] rowPadding;
        private final Shape whole;
        private final Tensor data;

        Fitting(Site site, Value at, Selection selection, Optional<List<Integer>> held, Sizes sizes, int[] rowPadding,
                Tensor data) {
            this.site = site;
            this.at = at;
            this.selection = selection;
            this.held = held;
            this.sizes = sizes;
            this.rowPadding = rowPadding;
            this.whole = at.shape(sizes);
            for (String axis : data.shape().names()) {
                if (whole.indexOf(axis) < 0)
                    throw new UsageException("the data for " + site.value() + " is " + data.shape()
                            + "; it has no axis \"" + axis + "\", its axes are " + String.join(", ", whole.names()));
            }
            for (String axis : whole.names().reversed())
                if (data.shape().indexOf(axis) < 0) data = data.reshape(data.shape().with(axis, 1));
            this.data = data.transpose(whole.names().toArray(String[]::new));
        }

        Tensor tensor() {
            int rows = data.shape().size(0);
            if (draw.isEmpty() && sizes.batch() % rows != 0) throw misfit(0);
            boolean unchanged = draw.isEmpty();
            List<List<List<Stretch>>> stretches = new ArrayList<>();   // by row, then by axis without batch
            for (int row = 0; row < sizes.batch(); row++) {
                if (!selected(row)) {
                    stretches.add(List.of());
                    continue;
                }
                int source = sourceRow(row, rows);
                List<List<Stretch>> axes = new ArrayList<>();
                for (int axis = 1; axis < whole.rank(); axis++) {
                    axes.add(stretches(axis, row, source));
                    unchanged &= axes.getLast().equals(List.of(new Stretch(0, 0, data.shape().size(axis))));
                }
                stretches.add(axes);
            }
            if (unchanged) return data.contiguous() ? data : data.copy();

            List<Axis> axes = new ArrayList<>(List.of(new Axis(whole.names().getFirst(), sizes.batch())));
            for (int axis = 1; axis < whole.rank(); axis++)
                axes.add(new Axis(whole.names().get(axis), repeated(axis) ? 1 : whole.size(axis)));
            Tensor fitted = Tensor.zeros(new Shape(axes));
            fitted.fill(neutral());
            for (int row = 0; row < sizes.batch(); row++) {
                if (!selected(row)) continue;
                int source = sourceRow(row, rows);
                copy(data.slice(axes.getFirst().name(), source, source + 1),
                        fitted.slice(axes.getFirst().name(), row, row + 1), 1, stretches.get(row));
            }
            return fitted;
        }

        /** Returns a neutral number where the data has none: padding stays masked, and nothing is divided by zero. */
        private float neutral() {
            if (HookPoint.SCORES.is(at.name())) return Float.NEGATIVE_INFINITY;
            return HookPoint.of(at.name()).filter(HookPoint::scale).isPresent() ? 1 : 0;
        }

        private boolean selected(int row) { return selection.rows().isEmpty() || selection.rows().get().contains(row); }

        private boolean repeated(int axis) { return data.shape().size(axis) == 1; }

        private void copy(Tensor from, Tensor to, int axis, List<List<Stretch>> stretches) {
            if (axis == whole.rank()) {
                to.assign(from);
                return;
            }
            String name = whole.names().get(axis);
            for (Stretch s : stretches.get(axis - 1)) {
                copy(from.slice(name, s.from(), s.from() + s.length()), to.slice(name, s.to(), s.to() + s.length()),
                        axis + 1, stretches);
            }
        }

        private int sourceRow(int row, int rows) {
            if (draw.isEmpty()) return row % rows;
            int needed = needed(row);
            int[] longEnough =
                    IntStream.range(0, rows).filter(r -> padding.isEmpty() || available(r) >= needed).toArray();
            if (longEnough.length == 0)
                throw new UsageException("no row of the data for " + site.value() + " has the " + needed
                        + " tokens that row " + row + " needs");
            return longEnough[new SplittableRandom(draw.getAsLong() * 31 + row).nextInt(longEnough.length)];
        }

        /** Returns the number of real tokens in a row of the data. */
        private int available(int row) {
            int axis = at.positionAxis() >= 0 ? at.positionAxis() : 1;
            return data.shape().size(axis) - padding.get()[row % padding.get().length];
        }

        /** Returns how many positions a row of the run reads, counted from its first real token. */
        private int needed(int row) {
            if (selection.positions().isEmpty()) return sizes.pos() - rowPadding[row];
            Positions.indices(selection.positions().get(), rowPadding[row], sizes.pos());   // refuses those outside
            return selection.positions().get().stream().mapToInt(p -> p < 0 ? -p : p + 1).max().orElse(0);
        }

        private List<Stretch> stretches(int axis, int row, int source) {
            int length = whole.size(axis), own = data.shape().size(axis);
            if (own == 1 && length != 1) return List.of(new Stretch(0, 0, 1));
            boolean destination = axis == at.positionAxis(), key = axis == at.axis("src");
            Optional<List<Integer>> selected = selection.along(at, axis);
            if (selected.isPresent() && own == selected.get().size()
                    && (own != length || !padding.isPresent() || !destination && !key)) {
                int[] to = destination ? Positions.indices(selected.get(), rowPadding[row], length)
                        : key ? Positions.indices(selected.get(), rowPadding[row] + sizes.past(), length)
                        : selected.get().stream().mapToInt(Integer::intValue).toArray();
                if (own != length)
                    return IntStream.range(0, to.length).mapToObj(i -> new Stretch(i, to[i], 1)).toList();
            }
            if (axis == at.headAxis() && own != length && held.isPresent()) {
                return IntStream.range(0, length).filter(i -> held.get().get(i) < own)
                        .mapToObj(i -> new Stretch(held.get().get(i), i, 1)).toList();
            }
            if (padding.isPresent() && (destination || key)) return linedUp(axis, row, source, key);
            if (own != length) throw misfit(axis);
            return List.of(new Stretch(0, 0, length));
        }

        /** Lines up positions at the first real token, and those that a site counts from the end at the last. */
        private List<Stretch> linedUp(int axis, int row, int source, boolean key) {
            Optional<List<Integer>> selected = selection.along(at, axis);
            if (selected.isPresent() && selected.get().stream().anyMatch(position -> position < 0))
                return oneByOne(axis, row, source, selected.get(), key);
            int pad = rowPadding[row] + (key ? sizes.past() : 0),
                    sourcePad = padding.get()[source % padding.get().length];
            int length = whole.size(axis), has = data.shape().size(axis) - sourcePad,
                    needs = key ? length - pad : needed(row);
            boolean fromEnd = key && selection.positions().stream().flatMap(List::stream).anyMatch(p -> p < 0);
            if (fromEnd && needs != has) {
                throw new UsageException("the data for " + site.value() + " has " + has + " sources and row " + row
                        + " of this run " + needs + ", which do not line up at destinations counted from the end: "
                        + "name the sources with .from(…)");
            }
            if (needs > has) {
                throw new UsageException("the data for " + site.value() + " has " + has + " positions, and row " + row
                        + " of this run needs " + needs + "; select the positions that both have, with .at(…)");
            }
            int first = Math.max(0, -pad), last = Math.min(length - pad, has);   // positions
            return last <= first ? List.of() : List.of(new Stretch(first + sourcePad, first + pad, last - first));
        }

        private List<Stretch> oneByOne(int axis, int row, int source, List<Integer> positions, boolean key) {
            int length = whole.size(axis), own = data.shape().size(axis),
                    sourcePad = padding.get()[source % padding.get().length];
            List<Stretch> stretches = new ArrayList<>();
            for (int position : positions) {
                int[] to = Positions.indices(List.of(position), rowPadding[row] + (key ? sizes.past() : 0), length);
                if (to.length == 0) continue;   // in the past
                int from = position < 0 ? own + position : sourcePad + position;
                if (from < sourcePad || from >= own)
                    throw new UsageException("the data for " + site.value() + " has " + (own - sourcePad)
                            + " positions for row " + row + " of this run, and " + position + " is none of them");
                stretches.add(new Stretch(from, to[0], 1));
            }
            return stretches;
        }

        private UsageException misfit(int axis) {
            return new UsageException("the data for " + site + " is " + data.shape() + " and the value " + whole + ": "
                    + whole.names().get(axis) + " does not fit");
        }
    }
}
