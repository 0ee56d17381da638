package org.tornadolens.dsl.jupyter;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.Settings;

/**
 * A kernel: evaluates the cells of a notebook. The module {@code notebook} has the implementation, which
 * {@link java.util.ServiceLoader} finds; the launcher puts it on the class path of {@code lens jupyter} alone.
 */
public interface KernelServer {

    /**
     * Serves a front end until it asks to shut down.
     *
     * @param connection  the file in which the front end tells its ports and its key
     * @param interrupts  stop the running cell
     * @param environment the environment of the process
     * @param log         messages to whoever started the kernel, not to the notebook
     */
    void serve(Path connection, Settings settings, Interrupts interrupts, Map<String, String> environment,
            PrintStream log) throws IOException;
}
