package io.rowback.restore;

import io.rowback.restore.live.Restoration;
import io.rowback.restore.output.Output;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ctrl-C while a database is written to. The process then ends only after the outcome was told, and with the exit code of
 * that outcome: a COMMIT that is on its way may have happened.
 */
final class Interruption {
    private static final long SECONDS_FOR_A_CANCEL = 10;

    private final Output output;
    private final CountDownLatch told = new CountDownLatch(1);
    private @Nullable Thread hook;
    private volatile int exitCode;

    /** Tells of waiting, and of a server that does not answer, beside the result. */
    Interruption(Output output) {
        this.output = output;
    }

    /** From now on until {@link #told} a signal that ends the process interrupts the restoration. */
    void interrupts(Restoration restoration) {
        hook = new Thread(() -> end(restoration), "interrupt");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** The outcome was printed and flushed: the process may end, with this exit code. */
    void told(int code) {
        exitCode = code;
        told.countDown();
        if (hook != null) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // It runs already, and ends the process.
                return;
            }
        }
    }

    private void end(Restoration restoration) {
        try {
            if (restoration.interrupt()) {
                told.await(SECONDS_FOR_A_CANCEL, TimeUnit.SECONDS);
                if (told.getCount() > 0) {
                    output.error("error: interrupted; nothing was written, though the server did not answer");
                    return;
                }
            } else {
                if (told.getCount() > 0) {
                    output.error("too late to cancel: waiting for the outcome of COMMIT");
                }
                told.await();
            }
            Runtime.getRuntime().halt(exitCode);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
