package org.tornadolens.notebook;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.Settings;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** A front end with a kernel of its own in this process, and the messages between them. */
final class FrontEnd implements AutoCloseable {

    /** What a request brought about. @param outputs the broadcasts about it, but for the status */
    record Answer(JsonObject reply, List<Message> outputs) {
        String status() { return Json.text(reply, "status", ""); }

        /** Returns the only output of a type. */
        JsonObject only(String type) {
            List<Message> found = outputs.stream().filter(one -> one.type().equals(type)).toList();
            if (found.size() != 1)
                throw new AssertionError(found.size() + " messages of type " + type + " in " + outputs);
            return found.getFirst().content();
        }

        /** Returns what the value is in a format; of a displayed one, too. */
        String data(String type, String mime) {
            return only(type).getAsJsonObject("data").get(mime).getAsString();
        }

        String printed(String stream) {
            StringBuilder text = new StringBuilder();
            for (Message one : outputs)
                if (one.type().equals("stream") && Json.text(one.content(), "name", "").equals(stream))
                    text.append(Json.text(one.content(), "text", ""));
            return text.toString();
        }
    }

    private static final int PATIENCE = 60_000;      // ms
    private static final String KEY = "a key", SCHEME = "hmac-sha256";

    final Interrupts interrupts = new Interrupts();
    final ByteArrayOutputStream log = new ByteArrayOutputStream();
    private final Signature signature = new Signature(SCHEME, KEY);
    private final ZContext context = new ZContext();
    private final ZMQ.Socket shell, control, iopub, heartbeat;
    private final Thread kernel;
    private volatile Throwable problem;

    FrontEnd(Path folder) throws IOException { this(folder, Settings.DEFAULT.yielding()); }

    FrontEnd(Path folder, Settings settings) throws IOException {
        Map<String, Object> told = new HashMap<>(Map.of("transport", "tcp", "ip", "127.0.0.1", "key", KEY,
                "signature_scheme", SCHEME, "kernel_name", "test"));
        int[] ports = freePorts();
        String[] names = {"shell_port", "control_port", "stdin_port", "iopub_port", "hb_port"};
        for (int i = 0; i < names.length; i++) told.put(names[i], ports[i]);
        Path file = Files.writeString(Files.createTempFile(folder, "kernel-", ".json"), new Gson().toJson(told));
        Map<String, String> environment = Map.of("XDG_STATE_HOME", folder.toAbsolutePath().toString());
        kernel = Thread.ofPlatform().name("kernel").start(() -> {
            try {
                new Kernel().serve(file, settings, interrupts, environment, new PrintStream(log, true));
            } catch (IOException | RuntimeException | Error e) {
                problem = e;
            }
        });
        iopub = connected(SocketType.SUB, ports[3]);
        iopub.subscribe(ZMQ.SUBSCRIPTION_ALL);
        shell = connected(SocketType.DEALER, ports[0]);
        control = connected(SocketType.DEALER, ports[1]);
        heartbeat = connected(SocketType.REQ, ports[4]);
        untilSubscribed();
    }

    private static int[] freePorts() throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        for (int i = 0; i < 5; i++) sockets.add(new ServerSocket(0));
        int[] ports = sockets.stream().mapToInt(ServerSocket::getLocalPort).toArray();
        for (ServerSocket socket : sockets) socket.close();
        return ports;
    }

    private ZMQ.Socket connected(SocketType type, int port) {
        ZMQ.Socket socket = context.createSocket(type);
        socket.setReceiveTimeOut(PATIENCE);
        socket.connect("tcp://127.0.0.1:" + port);
        return socket;
    }

    /** A subscription takes effect after a while: until then broadcasts are lost. */
    private void untilSubscribed() {
        for (int tries = 0; tries < 100; tries++) {
            String id = send(shell, "kernel_info_request", new JsonObject());
            reply(shell, id);
            iopub.setReceiveTimeOut(200);
            byte[] first = iopub.recv(0);
            iopub.setReceiveTimeOut(PATIENCE);
            if (first == null) continue;
            rest(iopub, first);
            return;
        }
        throw new AssertionError("the kernel broadcasts nothing" + (problem == null ? "" : ": " + problem));
    }

    // ---- requests

    String send(ZMQ.Socket socket, String type, JsonObject content) {
        Message message = Message.of(List.of(), type, new JsonObject(), content);
        sendFrames(socket, message.frames(signature));
        return id(message.header());
    }

    /** Sends a message that is signed with another key. */
    void forge(String type, JsonObject content) {
        sendFrames(shell, Message.of(List.of(), type, new JsonObject(), content)
                .frames(new Signature(SCHEME, "another key")));
    }

    private static void sendFrames(ZMQ.Socket socket, List<byte[]> frames) {
        for (int i = 0; i < frames.size(); i++) socket.send(frames.get(i), i < frames.size() - 1 ? ZMQ.SNDMORE : 0);
    }

    String execute(String code) {
        return send(shell, "execute_request", Json.of("code", code, "silent", false, "store_history", true,
                "user_expressions", Map.of(), "allow_stdin", false, "stop_on_error", true));
    }

    /** Runs a cell to its end. */
    Answer run(String code) { return answer(execute(code)); }

    /** Returns what a request to the shell brought about. */
    Answer answer(String id) {
        List<Message> outputs = new ArrayList<>();
        while (true) {
            Message message = received(iopub);
            if (!id(message.parent()).equals(id)) continue;
            boolean status = message.type().equals("status");
            if (status && Json.text(message.content(), "execution_state", "").equals("idle")) break;
            if (!status) outputs.add(message);
        }
        return new Answer(reply(shell, id).content(), outputs);
    }

    JsonObject ask(String type, Object... content) {
        return reply(shell, send(shell, type, Json.of(content))).content();
    }

    JsonObject control(String type, Object... content) {
        return reply(control, send(control, type, Json.of(content))).content();
    }

    void sendToShell(String type) { send(shell, type, new JsonObject()); }

    /** Waits until a cell has broadcast something of a type. */
    void until(String id, String type) {
        Message message;
        do message = received(iopub);
        while (!id(message.parent()).equals(id) || !message.type().equals(type));
    }

    Message reply(ZMQ.Socket socket, String id) {
        while (true) {
            Message message = received(socket);
            if (id(message.parent()).equals(id)) return message;
        }
    }

    Message shellReply(String id) { return reply(shell, id); }

    boolean beats() {
        heartbeat.send("beat");
        return "beat".equals(heartbeat.recvStr());
    }

    String logged() { return log.toString(StandardCharsets.UTF_8); }

    // ---- messages

    private Message received(ZMQ.Socket socket) {
        byte[] first = socket.recv(0);
        if (first == null)
            throw new AssertionError("no answer within " + PATIENCE / 1000 + " s"
                    + (problem == null ? "" : "; the kernel ended: " + problem));
        List<byte[]> frames = new ArrayList<>(List.of(first));
        frames.addAll(rest(socket, first));
        Optional<Message> message = Message.read(frames, signature);
        return message.orElseThrow(() -> new AssertionError("a message that is not signed"));
    }

    private static List<byte[]> rest(ZMQ.Socket socket, byte[] first) {
        List<byte[]> frames = new ArrayList<>();
        while (socket.hasReceiveMore()) frames.add(socket.recv(0));
        return frames;
    }

    private static String id(JsonObject header) {
        JsonElement id = header.get("msg_id");
        return id == null ? "" : id.getAsString();
    }

    /** Shuts the kernel down and waits until it has ended. */
    void shutDown() {
        if (kernel.isAlive()) control("shutdown_request", "restart", false);
        join();
    }

    private void join() {
        try {
            kernel.join(PATIENCE);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        if (kernel.isAlive()) throw new AssertionError("the kernel does not end");
        if (problem instanceof IOException e) throw new UncheckedIOException(e);
        if (problem != null) throw new AssertionError(problem);
    }

    @Override public void close() {
        try {
            shutDown();
        } finally {
            context.close();
        }
    }
}
