package io.rowback.testbed;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The network between a program and its server: it can be cut, at a word too, and it can swallow everything without a word.
 * Safe for use by several threads.
 */
public final class Wire implements AutoCloseable {
    private final int target;
    private final ServerSocket listening;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newCachedThreadPool(Wire::daemonThread);
    private boolean silent;
    private volatile boolean cut;
    private volatile String word = "";
    private volatile boolean arrives;
    private final Set<Socket> unanswered = ConcurrentHashMap.newKeySet();

    /** A wire to that port of this machine. */
    public Wire(int target) throws IOException {
        this.target = target;
        this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        threads.execute(this::accept);
    }

    private static Thread daemonThread(Runnable task) {
        Thread thread = new Thread(task, "wire");
        thread.setDaemon(true);
        return thread;
    }

    /** Where the program finds its server. */
    public int port() {
        return listening.getLocalPort();
    }

    /** Resets every connection and refuses new ones. */
    public void cut() {
        cut = true;
        open.forEach(Wire::reset);
    }

    /**
     * Resets the connection on which the program next sends this word, once.
     *
     * @param heard whether the server still gets it, and only its answer is lost
     */
    public void cutAt(String said, boolean heard) {
        arrives = heard;
        word = said;
    }

    /** Takes in nothing and lets nothing out any more; nobody is told. */
    public synchronized void silence() {
        silent = true;
    }

    /** Whole again. What was swallowed meanwhile comes late, as packets do that are sent again. */
    public synchronized void mend() {
        cut = false;
        silent = false;
        notifyAll();
    }

    private synchronized void awaitSound() throws InterruptedException {
        while (silent) {
            wait();
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket near = listening.accept();
                if (cut) {
                    reset(near);
                    continue;
                }
                Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
                open.add(near);
                open.add(far);
                threads.execute(() -> pass(near, far, true));
                threads.execute(() -> pass(far, near, false));
            }
        } catch (IOException e) {
            open.forEach(Wire::reset);
        }
    }

    private void pass(Socket from, Socket to, boolean outward) {
        byte[] bytes = new byte[8_192];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                awaitSound();
                if (outward ? isLost(from, bytes, read) : unanswered.remove(to)) {
                    reset(from);
                    reset(to);
                    return;
                }
                out.write(bytes, 0, read);
            }
            to.close();
        } catch (IOException | InterruptedException e) {
            reset(from);
            reset(to);
        }
    }

    private boolean isLost(Socket near, byte[] bytes, int length) {
        if (word.isEmpty() || !new String(bytes, 0, length, StandardCharsets.ISO_8859_1).contains(word)) {
            return false;
        }
        word = "";
        if (arrives) {
            unanswered.add(near);
        }
        return !arrives;
    }

    private static void reset(Socket socket) {
        try {
            // With no time to linger the other side is told at once, in the middle of whatever it does.
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // It is closed already, which is all that was wanted.
            return;
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        cut();
        threads.shutdownNow();
    }
}
