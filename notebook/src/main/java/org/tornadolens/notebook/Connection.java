package org.tornadolens.notebook;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.tornadolens.UsageException;

/**
 * Where a front end expects its kernel, as its connection file tells.
 *
 * @param ip        the address to listen at; for ipc, the first part of the sockets' paths
 * @param transport {@code tcp} or {@code ipc}
 * @param key       signs messages; empty if they are not signed
 * @param scheme    how they are signed: {@code hmac-sha256}
 */
record Connection(String transport, String ip, int shell, int control, int input, int iopub, int heartbeat, String key,
        String scheme) {

    /** @throws UsageException if the file is not there or lacks something */
    static Connection read(Path file) throws IOException {
        try {
            JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            return new Connection(text(json, "transport", file), text(json, "ip", file), port(json, "shell_port", file),
                    port(json, "control_port", file), port(json, "stdin_port", file), port(json, "iopub_port", file),
                    port(json, "hb_port", file), json.has("key") ? text(json, "key", file) : "",
                    json.has("signature_scheme") ? text(json, "signature_scheme", file) : "hmac-sha256");
        } catch (NoSuchFileException e) {
            throw new UsageException("no file " + file + "; Jupyter writes it before it starts a kernel");
        } catch (JsonParseException | IllegalStateException e) {
            throw new UsageException(file + " is not a connection file of Jupyter: " + e.getMessage());
        }
    }

    private static String text(JsonObject json, String name, Path file) {
        JsonElement value = json.get(name);
        if (value == null || !value.isJsonPrimitive()) throw lacks(name, file);
        return value.getAsString();
    }

    private static int port(JsonObject json, String name, Path file) {
        try {
            int port = Integer.parseInt(text(json, name, file));
            if (port > 0 && port < 65_536) return port;
        } catch (NumberFormatException e) {
            // told below
        }
        throw lacks(name, file);
    }

    private static UsageException lacks(String name, Path file) {
        return new UsageException(
                file + " is not a connection file of Jupyter: its \"" + name + "\" is missing or wrong");
    }

    /** Returns the address of a channel as ZeroMQ writes it. */
    String address(int port) {
        return switch (transport) {
            case "tcp" -> "tcp://" + ip + ":" + port;
            case "ipc" -> "ipc://" + ip + "-" + port;
            default -> throw new UsageException("the transport \"" + transport + "\" is neither tcp nor ipc");
        };
    }
}
