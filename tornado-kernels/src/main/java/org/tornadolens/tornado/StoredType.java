package org.tornadolens.tornado;

import java.util.Arrays;
import org.tornadolens.tensor.DType;

/**
 * The types that kernels read as they are stored, a row each: the kind of array that they lie in, and the kernels that
 * decode rows of them and multiply a few rows of activations by them. All other types are held as f32.
 */
enum StoredType {
    F32(DType.F32, ArrayKind.FLOATS, Kernel.EMBED_F32, Kernel.MATRIX_VECTOR_F32, true),
    F16(DType.F16, ArrayKind.SHORTS, Kernel.EMBED_F16, Kernel.MATRIX_VECTOR_F16, false),
    BF16(DType.BF16, ArrayKind.SHORTS, Kernel.EMBED_BF16, Kernel.MATRIX_VECTOR_BF16, false),
    Q8_0(DType.Q8_0, ArrayKind.BYTES, Kernel.EMBED_Q8_0, Kernel.MATRIX_VECTOR_Q8_0, true),
    Q4_0(DType.Q4_0, ArrayKind.BYTES, Kernel.EMBED_Q4_0, Kernel.MATRIX_VECTOR_Q4_0, true),
    Q4_K(DType.Q4_K, ArrayKind.BYTES, Kernel.EMBED_Q4_K, Kernel.MATRIX_VECTOR_Q4_K, true),
    Q6_K(DType.Q6_K, ArrayKind.BYTES, Kernel.EMBED_Q6_K, Kernel.MATRIX_VECTOR_Q6_K, true);

    private final DType type;
    private final ArrayKind array;
    private final Kernel embed, matrixVector;
    private final boolean onCpus;

    /** @param onCpus whether devices that are CPUs read it; half precisions are quicker there as f32 than decoded */
    StoredType(DType type, ArrayKind array, Kernel embed, Kernel matrixVector, boolean onCpus) {
        this.type = type;
        this.array = array;
        this.embed = embed;
        this.matrixVector = matrixVector;
        this.onCpus = onCpus;
    }

    /** Returns what weights of a type are held as on a device. */
    static StoredType of(DType type, Tuning tuning) {
        return Arrays.stream(values()).filter(s -> s.type == type && (s.onCpus || !tuning.lanes())).findFirst()
                .orElse(F32);
    }

    DType type() { return type; }

    ArrayKind array() { return array; }

    /** Returns the kernel that decodes rows. */
    Kernel embed() { return embed; }

    /** Returns the kernel that multiplies a few rows of activations by up to three matrices. */
    Kernel matrixVector() {
        return matrixVector;
    }

    /** Returns the array elements that so many weights take; they must fill whole blocks. */
    long arrayElements(long weights) {
        return type.bytes(weights) / array.bytes();
    }
}
