package org.tornadolens.notebook;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.tornadolens.UsageException;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import org.zeromq.ZMQException;

/**
 * The five sockets of a kernel. One thread reads them and answers heartbeats; any thread may send.
 *
 * <pre>
 *  shell, control ──→ received(…), on the thread of the channels
 *  send(…), any thread ──→ outgoing (in the process) ──→ shell, control or iopub
 *  heartbeat ──→ heartbeat
 * </pre>
 */
final class Channels implements AutoCloseable {

    /** A channel on which the kernel sends. Input is never asked for. */
    enum Channel { SHELL, CONTROL, IOPUB }

    private static final String OUTGOING = "inproc://outgoing", STOP = "STOP";
    private static final int LINGER = 1000;      // ms in which the last messages may leave
    private static final int ANY_NUMBER = 0;

    private final ZContext context = new ZContext();
    private final Signature signature;
    private final PrintStream log;
    private final ZMQ.Socket shell, control, iopub, heartbeat, incoming, outgoing;
    private Thread thread;

    /** @throws UsageException if a port is taken */
    Channels(Connection connection, PrintStream log) {
        this.log = log;
        signature = new Signature(connection.scheme(), connection.key());
        shell = bound(SocketType.ROUTER, connection, connection.shell());
        control = bound(SocketType.ROUTER, connection, connection.control());
        bound(SocketType.ROUTER, connection, connection.input());
        iopub = bound(SocketType.PUB, connection, connection.iopub());
        heartbeat = bound(SocketType.REP, connection, connection.heartbeat());
        incoming = context.createSocket(SocketType.PULL);
        incoming.setHWM(ANY_NUMBER);
        incoming.bind(OUTGOING);
        outgoing = context.createSocket(SocketType.PUSH);
        outgoing.setHWM(ANY_NUMBER);
        outgoing.connect(OUTGOING);
    }

    private ZMQ.Socket bound(SocketType type, Connection connection, int port) {
        ZMQ.Socket socket = context.createSocket(type);
        socket.setLinger(LINGER);
        socket.setHWM(ANY_NUMBER);               // else outputs beyond a thousand are dropped
        if (type == SocketType.ROUTER) socket.setRouterHandover(true);      // a front end may reconnect
        String address = connection.address(port);
        try {
            socket.bind(address);
        } catch (ZMQException e) {
            context.close();
            throw new UsageException("cannot listen at " + address + ": " + e.getMessage());
        }
        return socket;
    }

    /** @param received takes each message that the front end signed, and returns soon */
    void start(BiConsumer<Channel, Message> received) {
        thread = Thread.ofPlatform().daemon().name("channels").start(() -> read(received));
    }

    private void read(BiConsumer<Channel, Message> received) {
        try (ZMQ.Poller poller = context.createPoller(4)) {
            for (ZMQ.Socket socket : List.of(shell, control, heartbeat, incoming))
                poller.register(socket, ZMQ.Poller.POLLIN);
            while (true) {
                poller.poll(-1);
                if (poller.pollin(1)) take(Channel.CONTROL, control, received);      // an interrupt goes before cells
                if (poller.pollin(0)) take(Channel.SHELL, shell, received);
                if (poller.pollin(2)) heartbeat.send(heartbeat.recv());
                if (poller.pollin(3) && !forward()) return;
            }
        }
    }

    private void take(Channel channel, ZMQ.Socket socket, BiConsumer<Channel, Message> received) {
        Optional<Message> message = Message.read(frames(socket), signature);
        if (message.isEmpty()) log.println("dropped a message that is not signed with the key of the connection file");
        try {
            message.ifPresent(one -> received.accept(channel, one));
        } catch (RuntimeException e) {      // of a request that is not as the protocol has it
            log.println("dropped a message of type " + message.get().type() + ": " + e);
        }
    }

    private static List<byte[]> frames(ZMQ.Socket socket) {
        List<byte[]> frames = new ArrayList<>();
        do frames.add(socket.recv());
        while (socket.hasReceiveMore());
        return frames;
    }

    /** Passes on a message that another thread sent; returns false if it was the last. */
    private boolean forward() {
        List<byte[]> frames = frames(incoming);
        String channel = new String(frames.getFirst(), StandardCharsets.US_ASCII);
        if (channel.equals(STOP)) return false;
        send(switch (Channel.valueOf(channel)) {
            case SHELL -> shell;
            case CONTROL -> control;
            case IOPUB -> iopub;
        }, frames.subList(1, frames.size()));
        return true;
    }

    private static void send(ZMQ.Socket socket, List<byte[]> frames) {
        for (int i = 0; i < frames.size() - 1; i++) socket.sendMore(frames.get(i));
        socket.send(frames.getLast());
    }

    void send(Channel channel, Message message) {
        List<byte[]> frames = new ArrayList<>(List.of(channel.name().getBytes(StandardCharsets.US_ASCII)));
        frames.addAll(message.frames(signature));
        hand(frames);
    }

    /** One thread at a time may use a socket. */
    private synchronized void hand(List<byte[]> frames) {
        send(outgoing, frames);
    }

    /** Sends what waits to be sent, and closes the sockets. */
    @Override public void close() {
        hand(List.of(STOP.getBytes(StandardCharsets.US_ASCII)));
        try {
            if (thread != null) thread.join(LINGER);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        context.close();
    }
}
