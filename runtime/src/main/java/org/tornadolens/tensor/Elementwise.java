package org.tornadolens.tensor;

import java.util.ArrayList;
import java.util.List;
import org.tornadolens.UsageException;

/** Elementwise operations on one tensor, or on two tensors whose axes are matched by name. */
final class Elementwise {

    enum Binary {
        ADD { @Override void apply(float[] x, float[] y, int n) { for (int i = 0; i < n; i++) x[i] += y[i]; } },
        SUB { @Override void apply(float[] x, float[] y, int n) { for (int i = 0; i < n; i++) x[i] -= y[i]; } },
        MUL { @Override void apply(float[] x, float[] y, int n) { for (int i = 0; i < n; i++) x[i] *= y[i]; } },
        DIV { @Override void apply(float[] x, float[] y, int n) { for (int i = 0; i < n; i++) x[i] /= y[i]; } },
        POW {
            @Override void apply(float[] x, float[] y, int n) {
                for (int i = 0; i < n; i++) x[i] = (float) Math.pow(x[i], y[i]);
            }
        },
        GT {
            @Override void apply(float[] x, float[] y, int n) {
                for (int i = 0; i < n; i++) x[i] = x[i] > y[i] ? 1 : 0;
            }
        },
        GE {
            @Override void apply(float[] x, float[] y, int n) {
                for (int i = 0; i < n; i++) x[i] = x[i] >= y[i] ? 1 : 0;
            }
        },
        LT {
            @Override void apply(float[] x, float[] y, int n) {
                for (int i = 0; i < n; i++) x[i] = x[i] < y[i] ? 1 : 0;
            }
        },
        LE {
            @Override void apply(float[] x, float[] y, int n) {
                for (int i = 0; i < n; i++) x[i] = x[i] <= y[i] ? 1 : 0;
            }
        },
        EQ {
            @Override void apply(float[] x, float[] y, int n) {
                for (int i = 0; i < n; i++) x[i] = x[i] == y[i] ? 1 : 0;
            }
        },
        /** The left operand, broadcast. */
        LEFT { @Override void apply(float[] x, float[] y, int n) {} };

        /** x ← x ∘ y */
        abstract void apply(float[] x, float[] y, int n);
    }

    enum Unary {
        ABS { @Override void apply(float[] x, int n) { for (int i = 0; i < n; i++) x[i] = Math.abs(x[i]); } },
        EXP { @Override void apply(float[] x, int n) { for (int i = 0; i < n; i++) x[i] = (float) Math.exp(x[i]); } },
        LOG { @Override void apply(float[] x, int n) { for (int i = 0; i < n; i++) x[i] = (float) Math.log(x[i]); } },
        SQRT { @Override void apply(float[] x, int n) { for (int i = 0; i < n; i++) x[i] = (float) Math.sqrt(x[i]); } },
        NEG { @Override void apply(float[] x, int n) { for (int i = 0; i < n; i++) x[i] = -x[i]; } },
        RELU { @Override void apply(float[] x, int n) { for (int i = 0; i < n; i++) x[i] = Math.max(x[i], 0); } },
        SIGMOID {
            @Override void apply(float[] x, int n) {
                for (int i = 0; i < n; i++) x[i] = (float) (1 / (1 + Math.exp(-x[i])));
            }
        };

        abstract void apply(float[] x, int n);
    }

    private Elementwise() {}

    static Tensor apply(Unary operation, Tensor tensor) { return each(tensor, operation::apply); }

    static Tensor clip(Tensor tensor, double min, double max) {
        if (!(min <= max)) throw new UsageException("clip from " + min + " to " + max + ": the minimum is the greater");
        float least = (float) min, most = (float) max;
        return each(tensor, (x, n) -> { for (int i = 0; i < n; i++) x[i] = Math.clamp(x[i], least, most); });
    }

    private interface Loop { void over(float[] x, int n); }

    private static Tensor each(Tensor tensor, Loop loop) {
        Tensor result = Tensor.zeros(tensor.shape());
        Cursor in = new Cursor(tensor), out = new Cursor(result);
        float[] x = new float[Cursor.BUFFER];
        for (int n; (n = in.read(x)) > 0; out.write(x, n)) loop.over(x, n);
        return result.with(tensor.mask());
    }

    static Tensor apply(Binary operation, Tensor left, Tensor right) {
        Shape a = left.shape(), b = right.shape();
        if (!a.names().containsAll(b.names()) && !b.names().containsAll(a.names()))
            throw new UsageException(unmatched(operation.name().toLowerCase(), a, b));
        return combine(operation, operation.name().toLowerCase(), left, right);
    }

    static Tensor outer(Tensor left, Tensor right) { return combine(Binary.MUL, "outer", left, right); }

    private static Tensor combine(Binary operation, String name, Tensor left, Tensor right) {
        Shape shape = common(name, left.shape(), right.shape());
        Tensor result = Tensor.zeros(shape);
        Cursor a = new Cursor(Views.broadcast(left, shape)), b = new Cursor(Views.broadcast(right, shape)),
                out = new Cursor(result);
        float[] x = new float[Cursor.BUFFER], y = new float[Cursor.BUFFER];
        for (int n; (n = a.read(x)) > 0; out.write(x, n)) {
            b.read(y);
            operation.apply(x, y, n);
        }
        return result.with(Masks.both(Masks.broadcast(left, shape), Masks.broadcast(right, shape)));
    }

    /** Says that each tensor has an axis that the other lacks, and suggests a rename where the sizes agree. */
    private static String unmatched(String operation, Shape left, Shape right) {
        List<Axis> ours = left.axes().stream().filter(axis -> right.indexOf(axis.name()) < 0).toList(),
                theirs = right.axes().stream().filter(axis -> left.indexOf(axis.name()) < 0).toList();
        StringBuilder text = new StringBuilder(operation).append(" of ").append(left).append(" and ").append(right)
                .append(": each has an axis that the other lacks (").append(ours.getFirst().name()).append(" and ")
                .append(theirs.getFirst().name()).append("); ");
        boolean same = ours.size() == 1 && theirs.size() == 1 && ours.getFirst().size() == theirs.getFirst().size();
        text.append(same ? "if they are the same, rename one, as in .rename({ " + theirs.getFirst().name() + ": \""
                + ours.getFirst().name() + "\" })" : "rename the axes that are the same with .rename(…)");
        return text.append("; for products over all axes, use .outer(other)").toString();
    }

    static Tensor apply(Binary operation, Tensor left, double right) {
        return apply(operation, left, Tensor.scalar((float) right));
    }

    /**
     * Overwrites the elements of the target with those of the source, broadcast along axes that only the target has.
     */
    static void assign(Tensor target, Tensor source) {
        Shape shape = common("assign", target.shape(), source.shape());
        if (!shape.equals(target.shape()))
            throw new UsageException("assign: " + source.shape() + " does not fit into " + target.shape());
        // a source that shares memory with the target may overlap it
        Tensor from = source.segment() == target.segment() ? source.copy() : source;
        Cursor in = new Cursor(Views.broadcast(from, shape)), out = new Cursor(target);
        float[] x = new float[Cursor.BUFFER];
        for (int n; (n = in.read(x)) > 0;) out.write(x, n);
    }

    /**
     * Returns the broadcast shape: the axes of both, matched by name, of equal size or of size 1 in one of them. They
     * are in the order of the tensor that has all of them, or else those of the left followed by those only the right
     * has.
     */
    static Shape common(String operation, Shape left, Shape right) {
        boolean rightHasAll = right.rank() > left.rank() && right.names().containsAll(left.names());
        Shape first = rightHasAll ? right : left;
        Shape second = rightHasAll ? left : right;
        List<Axis> axes = new ArrayList<>();
        for (Axis axis : first.axes()) {
            int other = second.indexOf(axis.name());
            int size = other < 0 ? axis.size() : second.size(other);
            if (axis.size() != size && axis.size() != 1 && size != 1) {
                throw new UsageException(operation + ": " + axis.name() + " differs in " + left + " and " + right);
            }
            axes.add(new Axis(axis.name(), axis.size() == 1 ? size : axis.size()));
        }
        for (Axis axis : second.axes()) if (first.indexOf(axis.name()) < 0) axes.add(axis);
        return new Shape(axes);
    }
}
