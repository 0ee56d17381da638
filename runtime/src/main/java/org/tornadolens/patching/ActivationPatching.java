package org.tornadolens.patching;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.AxisKind;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.intervention.Data;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * Activation patching (Meng et al. 2022; Wang et al. 2022): the metric of one run in which a part of a value is taken
 * from another run, for every part along the requested axes.
 */
public final class ActivationPatching {

    /** Which run is changed: denoising patches clean values into the corrupted run, noising the reverse. */
    public enum Direction {
        DENOISE, NOISE
    }

    /**
     * What to patch and to measure.
     *
     * @param site      the value to patch, such as {@code resid_pre}, {@code z} or {@code pattern}: see {@link #sites}
     * @param by        the axes of the result, in this order; an axis of the site that is omitted is patched as a whole
     * @param positions the positions along the axis pos (or dest): each entry holds one position for all prompts, or
     *                  one for each; absent: every position, counted from the end if prompts differ in length
     * @param normalize whether to return (cell - corrupted) / (clean - corrupted) instead of the metric; an error if
     *                  the metric is the same on clean and corrupted prompts
     */
    public record Request(Pair pair, Measure measure, String site, List<String> by, Direction direction,
            Optional<List<List<Integer>>> positions, boolean normalize) {
        public Request {
            by = List.copyOf(by);
        }

        public Request(Pair pair, Measure measure, String site, String... by) {
            this(pair, measure, site, List.of(by), Direction.DENOISE, Optional.empty(), false);
        }
    }

    /**
     * The result of patching.
     *
     * @param values    the metric of each cell, with the requested axes; the axis head is named {@code kvHead} if query
     *                  heads share keys and values
     * @param clean     the metric of the clean run
     * @param corrupted the metric of the corrupted run
     */
    public record Result(Tensor values, double clean, double corrupted) {}

    /** Returns the names of the sites that can be patched. */
    public static Set<String> sites() {
        return patchable().map(point -> point.site().orElseThrow()).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<HookPoint> patchable() {
        return Stream.of(HookPoint.values()).filter(point -> point.site().isPresent());
    }

    /** The order in which messages name axes. */
    private static final List<String> ORDER = List.of("layer", "head", "kvHead", "pos", "dest", "src");

    /** Relative rounding error of a metric of f32 logits. */
    private static final double ROUNDING = 1e-6;

    private final Model model;
    private final Configuration c;
    private final Request request;
    private final HookPoint point;
    private final List<String> axes = new ArrayList<>();

    private ActivationPatching(Model model, Request request) {
        this.model = model;
        this.c = model.configuration();
        this.request = request;
        this.point = patchable().filter(p -> p.site().orElseThrow().equals(request.site())).findFirst()
                .orElseThrow(() -> new UsageException(
                        Nearest.message("patching site", request.site(), List.copyOf(sites()))));
        List<String> own = siteAxes();
        for (String axis : request.by()) {
            String name = axis.equals("head") && own.contains("kvHead") ? "kvHead" : axis;
            if (!own.contains(name))
                throw new UsageException(request.site() + " cannot be patched by \"" + axis + "\": its axes are "
                        + String.join(", ", own));
            if (axes.contains(name)) throw new UsageException("by names the axis " + axis + " twice");
            axes.add(name);
        }
        if (axes.isEmpty())
            throw new UsageException("by names no axis: " + request.site() + " has " + String.join(", ", own));
        if (request.positions().isPresent() && !axes.contains("pos") && !axes.contains("dest"))
            throw new UsageException("positions are given, and by names no axis of positions");
    }

    public static Result of(Model model, Request request, Sweep.Settings settings) {
        return new ActivationPatching(model, request).run(settings);
    }

    /** Returns the axes by which the site can be patched; heads that share keys and values are patched together. */
    private List<String> siteAxes() {
        List<String> own = new ArrayList<>(List.of("layer"));
        for (AxisKind axis : point.axes()) {
            switch (axis) {
                case HEAD -> own.add("head");
                case KV_HEAD -> own.add(c.nKvHeads() == c.nHeads() ? "head" : "kvHead");
                case POSITION, DESTINATION, SOURCE -> own.add(axis.text());
                case BATCH_ROW, D_MODEL, D_HEAD, D_MLP, D_VOCAB, NORM_SCALE -> {}
            }
        }
        own.sort(Comparator.comparingInt(ORDER::indexOf));
        return own;
    }

    private Result run(Sweep.Settings settings) {
        boolean denoise = request.direction() == Direction.DENOISE;
        Tokens into = denoise ? request.pair().corrupted() : request.pair().clean(),
                from = denoise ? request.pair().clean() : request.pair().corrupted();
        double other = request.measure().of(model, from);
        if (request.normalize()) checkSpan(other, request.measure().of(model, into));
        Data source = Pair.source(model, from, point.everywhere());
        int[] sizes = axes.stream().mapToInt(this::size).toArray();
        Optional<List<Integer>> differing = request.pair().differing(model);
        List<List<Intervention>> cells = new ArrayList<>();
        int[] index = new int[sizes.length];
        int count = IntStream.of(sizes).reduce(1, Math::multiplyExact);
        for (int cell = 0; cell < count; cell++) {
            for (int axis = sizes.length - 1, rest = cell; axis >= 0; rest /= sizes[axis--])
                index[axis] = rest % sizes[axis];
            cells.add(cell(index, source, differing));
        }
        Measure.Numbers numbers = request.measure().sweep(model, into, cells, settings);
        double clean = denoise ? other : numbers.baseline(), corrupted = denoise ? numbers.baseline() : other;
        Tensor values = Tensor.zeros(
                new Shape(IntStream.range(0, sizes.length).mapToObj(i -> new Axis(axes.get(i), sizes[i])).toList()));
        for (int cell = 0; cell < count; cell++) {
            double value = numbers.cells()[cell];
            values.data().setAtIndex(ValueLayout.JAVA_FLOAT, cell,
                    (float) (request.normalize() ? (value - corrupted) / (clean - corrupted) : value));
        }
        return new Result(values, clean, corrupted);
    }

    /** Rejects a difference within rounding, which would make every normalized cell noise or infinite. */
    private void checkSpan(double one, double other) {
        if (!request.pair().differs() || Math.abs(one - other) <= ROUNDING * Math.max(Math.abs(one), Math.abs(other))) {
            throw new UsageException("nothing to normalize by: the metric is " + (float) one
                    + " on both the clean and the corrupted prompts; leave normalize out, "
                    + "or choose prompts or a metric that distinguish them");
        }
    }

    private int size(String axis) {
        return switch (axis) {
            case "layer" -> c.nLayers();
            case "head" -> c.nHeads();
            case "kvHead" -> c.nKvHeads();
            case "src" -> request.pair().shortest();
            default -> request.positions().map(List::size).orElseGet(() -> request.pair().shortest());
        };
    }

    /** Returns the interventions of one cell; none if both runs are equal there. */
    private List<Intervention> cell(int[] index, Data source, Optional<List<Integer>> differing) {
        Map<String, Integer> at =
                IntStream.range(0, index.length).boxed().collect(Collectors.toMap(axes::get, i -> index[i]));
        Site site = Site.of(at.containsKey("layer") ? point.name(at.get("layer")) : point.everywhere());
        if (at.containsKey("head")) site = site.heads(List.of(at.get("head")));
        if (at.containsKey("kvHead")) site = site.heads(List.of(at.get("kvHead") * c.headsPerKv()));
        if (at.containsKey("src")) site = site.columns(List.of(position(at.get("src"))));
        Integer place = at.getOrDefault("pos", at.get("dest"));
        if (place == null)
            return differing.map(List::isEmpty).orElse(false) ? List.of()
                    : List.of(patch(differing.map(site::at).orElse(site), source));
        List<Integer> positions =
                request.positions().map(all -> all.get(place)).orElseGet(() -> List.of(position(place)));
        List<Intervention> cell = new ArrayList<>();
        if (positions.size() == 1) {
            if (differs(positions.getFirst(), differing)) cell.add(patch(site.at(positions), source));
            return cell;
        }
        if (positions.size() != request.pair().clean().batch()) {
            throw new UsageException("positions: place " + place + " names " + positions.size() + " positions for "
                    + request.pair().clean().batch() + " prompts: give one, or one for each");
        }
        for (int row = 0; row < positions.size(); row++)
            cell.add(patch(site.rows(List.of(row)).at(List.of(positions.get(row))), source));
        return cell;
    }

    /** Returns the position of an index along an axis of all positions; from the end if prompts differ in length. */
    private int position(int place) {
        return request.pair().equallyLong() ? place : place - request.pair().shortest();
    }

    /**
     * Returns whether the runs may differ at a position; if prompts differ in length, true unless counted from the end.
     */
    private boolean differs(int position, Optional<List<Integer>> differing) {
        if (differing.isEmpty() || position >= 0 && !request.pair().equallyLong()) return true;
        return differing.get().contains(position < 0 ? position : position - request.pair().shortest());
    }

    private static Intervention patch(Site site, Data source) { return new Intervention.Patch(site, source); }
}
