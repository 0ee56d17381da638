package org.tornadolens.backend.reference;

import java.util.List;
import java.util.OptionalInt;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Rotary;
import org.tornadolens.program.Value;

/** Rotary embedding and attention in double precision; every method is a definition. */
final class ReferenceAttention {

    private final ReferenceFrame in;

    ReferenceAttention(ReferenceFrame in) { this.in = in; }

    /** Rotates queries or keys by their positions, or back. */
    double[] rotate(Value value, Rotary rotary, boolean back) {
        int batch = in.batch(), pos = in.pos();
        double[] x = in.get(value);
        int heads = in.size(value, value.headAxis()), dHead = in.width(value), half = dHead / 2;
        double[] out = new double[x.length];
        List<Double> frequencies = rotary.frequencies(in.frame().endPosition());
        for (int b = 0; b < batch; b++) {
            for (int t = 0; t < pos; t++) {
                int position = Math.max(0, in.frame().firstPosition()[b] + t);
                for (int h = 0; h < heads; h++) {
                    int at = ((b * pos + t) * heads + h) * dHead;
                    for (int i = 0; i < half; i++) {
                        double angle = (back ? -1 : 1) * position * frequencies.get(i);
                        double cos = rotary.magnitude() * Math.cos(angle);
                        double sin = rotary.magnitude() * Math.sin(angle);
                        out[at + i] = x[at + i] * cos - x[at + i + half] * sin;
                        out[at + i + half] = x[at + i + half] * cos + x[at + i] * sin;
                    }
                }
            }
        }
        return out;
    }

    /** Writes keys or values to the past and returns all of them: [batch, key, …]. */
    double[] extend(Operation.Extend o) {
        int batch = in.batch(), pos = in.pos(), key = in.key();
        double[] x = in.get(o.x());
        if (!in.frame().inPast(o.out())) return x;
        double[] memory = in.frame().past(ReferencePast.class).orElseThrow().of(o.slot());
        int size = x.length / batch / pos, stride = (int) in.frame().keyStride(o.out());
        double[] all = new double[batch * key * size];
        for (int b = 0; b < batch; b++) {
            System.arraycopy(x, b * pos * size, memory, b * stride + in.frame().sizes().past() * size, pos * size);
            System.arraycopy(memory, b * stride, all, b * key * size, key * size);
        }
        return all;
    }

    /** Returns q · kᵀ / √dHead, −∞ where masked: [batch, head, pos, key]. */
    double[] scores(Value qValue, Value kValue, OptionalInt window) {
        int batch = in.batch(), pos = in.pos(), key = in.key();
        double[] q = in.get(qValue), k = in.get(kValue);
        int heads = in.size(qValue, "head"), groups = in.size(kValue, "kvHead"), dHead = in.width(qValue);
        double[] out = new double[batch * heads * pos * key];
        for (int b = 0; b < batch; b++) {
            for (int h = 0; h < heads; h++) {
                int group = h / (heads / groups);
                for (int dest = 0; dest < pos; dest++) {
                    for (int src = 0; src < key; src++) {
                        double sum = 0;
                        for (int c = 0; c < dHead; c++) {
                            sum += q[((b * pos + dest) * heads + h) * dHead + c]
                                    * k[((b * key + src) * groups + group) * dHead + c];
                        }
                        int behind = key - pos + dest - src;   // positions from the key to the query
                        boolean masked = behind < 0 || behind >= window.orElse(key) || src < in.frame().padding()[b];
                        out[((b * heads + h) * pos + dest) * key + src] =
                                masked ? Double.NEGATIVE_INFINITY : sum / Math.sqrt(dHead);
                    }
                }
            }
        }
        return out;
    }

    /** Returns the softmax of every row of scores; zeros where all are masked. */
    double[] softmax(double[] scores) {
        double[] out = new double[scores.length];
        for (int row = 0; row < scores.length; row += in.key()) {
            double max = Double.NEGATIVE_INFINITY, sum = 0;
            for (int j = row; j < row + in.key(); j++) max = Math.max(max, scores[j]);
            if (max == Double.NEGATIVE_INFINITY) continue;
            for (int j = row; j < row + in.key(); j++) sum += out[j] = Math.exp(scores[j] - max);
            for (int j = row; j < row + in.key(); j++) out[j] /= sum;
        }
        return out;
    }

    /** Returns the values weighted by a pattern: [batch, pos, head, dHead]. */
    double[] mix(double[] pattern, Value vValue, Value outValue) {
        double[] v = in.get(vValue);
        int batch = in.batch(), pos = in.pos(), key = in.key();
        int groups = in.size(vValue, "kvHead"), dHead = in.width(vValue), heads = in.size(outValue, "head");
        double[] out = new double[batch * pos * heads * dHead];
        for (int b = 0; b < batch; b++) {
            for (int dest = 0; dest < pos; dest++) {
                for (int h = 0; h < heads; h++) {
                    int group = h / (heads / groups);
                    for (int src = 0; src < key; src++) {
                        double weight = pattern[((b * heads + h) * pos + dest) * key + src];
                        for (int c = 0; c < dHead; c++) {
                            out[((b * pos + dest) * heads + h) * dHead + c] +=
                                    weight * v[((b * key + src) * groups + group) * dHead + c];
                        }
                    }
                }
            }
        }
        return out;
    }
}
