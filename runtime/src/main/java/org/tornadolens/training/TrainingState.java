package org.tornadolens.training;

import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tornadolens.UsageException;
import org.tornadolens.checkpoint.Safetensors;
import org.tornadolens.checkpoint.SafetensorsWriter;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** The state of a training in one safetensors file: weights, AdamW's running averages and the losses so far. */
final class TrainingState {

    private static final String FINGERPRINT = "training";
    private static final String LOSSES = "losses";

    private TrainingState() {}

    static void write(Path file, String fingerprint, Trainable trainable, List<Float> losses) {
        SafetensorsWriter writer = new SafetensorsWriter().metadata(FINGERPRINT, fingerprint);
        trainable.state().forEach((name, memory) -> writer.add(name, tensor(memory, trainable.size())));
        float[] all = new float[losses.size()];
        for (int i = 0; i < all.length; i++) all[i] = losses.get(i);
        writer.add(LOSSES, Tensor.of(Shape.of("step", all.length), all)).write(file);
    }

    /** Restores the parameters from the file and returns the losses up to there; absent if there is no such file. */
    static Optional<List<Float>> read(Path file, String fingerprint, Trainable trainable) {
        if (!Files.exists(file)) return Optional.empty();
        Safetensors stored = Safetensors.open(file);
        if (!fingerprint.equals(stored.metadata().get(FINGERPRINT))) {
            throw new UsageException(file
                    + " belongs to another training, with a different model or options; remove it to start again");
        }
        trainable.state().forEach((name, memory) -> memory.copyFrom(stored.tensor(name).data()));
        Tensor all = stored.tensor(LOSSES);
        List<Float> losses = new ArrayList<>();
        for (int i = 0; i < all.elements(); i++) losses.add(all.get(i));
        return Optional.of(losses);
    }

    private static Tensor tensor(MemorySegment memory, long size) {
        return Tensor.over(Shape.of("parameter", Math.toIntExact(size)), memory);
    }
}
