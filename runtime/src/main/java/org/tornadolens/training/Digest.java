package org.tornadolens.training;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.tornadolens.Interruption;

/** The SHA-256 of texts, memory and batches of data, each with its length. */
final class Digest {

    private static final int CHUNK = 1 << 24;

    private final MessageDigest digest;

    Digest() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    Digest text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        length(bytes.length);
        digest.update(bytes);
        return this;
    }

    Digest memory(MemorySegment memory) {
        length(memory.byteSize());
        for (long at = 0; at < memory.byteSize(); at += CHUNK) {
            Interruption.check();
            digest.update(memory.asSlice(at, Math.min(CHUNK, memory.byteSize() - at)).asByteBuffer());
        }
        return this;
    }

    private Digest ints(int[] numbers) {
        length(numbers.length);
        ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Integer.BYTES);
        bytes.asIntBuffer().put(numbers);
        digest.update(bytes);
        return this;
    }

    /** Returns the digest of the tokens and weights of a step's batches. */
    static String of(List<Batch> batches) {
        Digest digest = new Digest();
        for (Batch batch : batches) {
            float[] weights = batch.effectiveWeights();
            digest.ints(batch.tokens().ids()).ints(batch.tokens().padding()).length(weights.length);
            ByteBuffer bytes = ByteBuffer.allocate(weights.length * Float.BYTES);
            bytes.asFloatBuffer().put(weights);
            digest.digest.update(bytes);
        }
        return digest.hex();
    }

    private void length(long length) { digest.update(ByteBuffer.allocate(Long.BYTES).putLong(length).flip()); }

    /** Returns the digest of everything so far, which begins anew. */
    String hex() {
        return HexFormat.of().formatHex(digest.digest());
    }
}
