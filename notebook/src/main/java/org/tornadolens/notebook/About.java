package org.tornadolens.notebook;

import com.google.gson.JsonObject;
import java.util.List;
import org.tornadolens.dsl.Version;

/** What a front end is told about the kernel. */
final class About {

    private About() {}

    static JsonObject kernel() {
        JsonObject language = Json.of("name", "javascript", "version", "ES2025", "mimetype", "text/javascript",
                "file_extension", ".js", "pygments_lexer", "javascript", "codemirror_mode", "javascript",
                "nbconvert_exporter", "script");
        return Json.of("status", "ok", "protocol_version", Message.PROTOCOL, "implementation", "tornadolens",
                "implementation_version", Version.string(), "language_info", language, "banner",
                "TornadoLens " + Version.string()
                        + ": everything that \"lens\" exports is in scope, and `model` is the "
                        + "model; NAME? documents a name",
                "help_links", List.of(), "debugger", false, "supported_features", List.of());
    }
}
