package org.tornadolens.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.program.Parameter;

/** Opens a sparse file of 7 billion f16 weights; only its header takes space on the disk. */
class LargeCheckpointTest {

    private static final Configuration LLAMA_2_7B =
            Configuration.llama(new Configuration.Blocks(32, 4096, 11008, 1e-5), new Configuration.Heads(32, 32, 128),
                    Configuration.Context.of(4096, 10_000),
                    new Configuration.Vocabulary(32000, false, OptionalInt.of(1), OptionalInt.of(2)));

    @TempDir Path folder;

    @Test void thirteenGigabytesOpenWithoutBeingReadThrough() throws IOException {
        writeSparse();
        var threads = ManagementFactory.getPlatformMXBean(com.sun.management.ThreadMXBean.class);
        long before = threads.getCurrentThreadAllocatedBytes();
        Checkpoint checkpoint = Checkpoints.open(folder);
        assertTrue(threads.getCurrentThreadAllocatedBytes() - before < 16 << 20);
        assertEquals(13_476_831_232L, checkpoint.weights().bytes());
        assertTrue(checkpoint.weights().names().stream()
                .allMatch(name -> checkpoint.weights().get(name).data().isMapped()));
        assertEquals(0, checkpoint.weights().get("unembed.W_U").get(31999, 4095));
    }

    private void writeSparse() throws IOException {
        Map<String, Object> header = new LinkedHashMap<>();
        long end = 0;
        for (Parameters.Entry entry : new Parameters(LLAMA_2_7B).entries()) {
            Parameter parameter = entry.parameter();
            long begin = end;
            end += 2L * parameter.rows() * parameter.columns();
            header.put(Naming.HUGGING_FACE.of(entry).orElseThrow(),
                    Map.of("dtype", "F16", "data_offsets", List.of(begin, end),
                            "shape", parameter.rows() == 1 ? List.of(parameter.columns())
                                    : List.of(parameter.rows(), parameter.columns())));
        }
        byte[] json = new Gson().toJson(header).getBytes(StandardCharsets.UTF_8);
        try (RandomAccessFile file = new RandomAccessFile(folder.resolve("model.safetensors").toFile(), "rw")) {
            file.writeLong(Long.reverseBytes(json.length));
            file.write(json);
            file.setLength(8 + json.length + end);
        }
        RandomCheckpoint.writeConfig(folder, LLAMA_2_7B);
    }
}
