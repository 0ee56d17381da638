package org.tornadolens.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.UsageException;

class ConnectionTest {

    private static final String WHOLE = """
            {"shell_port": 1001, "iopub_port": 1002, "stdin_port": 1003, "control_port": 1004, "hb_port": 1005,
             "ip": "127.0.0.1", "key": "k", "transport": "tcp", "signature_scheme": "hmac-sha256", "kernel_name": ""}
            """;

    @TempDir Path folder;

    private Connection read(String text) throws IOException {
        return Connection.read(Files.writeString(folder.resolve("kernel.json"), text));
    }

    private void refused(String message, String text) {
        UsageException e = assertThrows(UsageException.class, () -> read(text).address(1));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @Test void itTellsWhereTheFrontEndExpectsTheKernel() throws IOException {
        Connection connection = read(WHOLE);
        assertEquals(new Connection("tcp", "127.0.0.1", 1001, 1004, 1003, 1002, 1005, "k", "hmac-sha256"), connection);
        assertEquals("tcp://127.0.0.1:1001", connection.address(connection.shell()));
        assertEquals("ipc://127.0.0.1-1001", read(WHOLE.replace("tcp", "ipc")).address(1001));
    }

    @Test void wrongFilesAreNamedWithWhatTheyLack() {
        refused("is not a connection file of Jupyter", "[]");
        refused("is not a connection file of Jupyter", "{");
        refused("its \"hb_port\" is missing or wrong", WHOLE.replace("1005", "99999"));
        refused("its \"ip\" is missing or wrong", WHOLE.replace("\"ip\"", "\"pi\""));
        refused("the transport \"udp\" is neither tcp nor ipc", WHOLE.replace("tcp", "udp"));
        assertTrue(assertThrows(UsageException.class, () -> Connection.read(folder.resolve("none"))).getMessage()
                .startsWith("no file "));
    }

    @Test void aPortThatIsTakenIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            Connection connection =
                    new Connection("tcp", "127.0.0.1", taken.getLocalPort(), 2, 3, 4, 5, "", "hmac-md5");
            UsageException e = assertThrows(UsageException.class, () -> new Channels(connection, System.err));
            assertTrue(e.getMessage().startsWith("cannot listen at tcp://127.0.0.1:" + taken.getLocalPort()),
                    e.getMessage());
        }
    }

    /** Test case 2 of RFC 4231. */
    @Test void messagesAreSignedAsTheStandardSays() {
        Signature signature = new Signature("hmac-sha256", "Jefe");
        List<byte[]> parts = List.of("what do ya want ".getBytes(), "for nothing?".getBytes());
        assertEquals("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
                new String(signature.of(parts)));
        assertEquals(0, new Signature("hmac-sha256", "").of(parts).length, "without a key there is no signature");
        assertThrows(UsageException.class, () -> new Signature("md5", "k"));
        assertThrows(UsageException.class, () -> new Signature("hmac-nothing", "k"));
    }
}
