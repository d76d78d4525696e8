package io.rowback.daemon;

import io.rowback.history.ErrorCode;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.function.Consumer;

/**
 * Tells which signal asks the process to end. A shutdown hook would not know, and the JVM's own exit status for SIGTERM
 * is that of a failure. The classes are reached by name, because the compiler refuses to name them though every JDK has
 * them.
 */
final class Signals {
    private Signals() {}

    /** Hands SIGTERM on as {@link ErrorCode#DONE} and SIGINT as {@link ErrorCode#INTERRUPTED}. */
    static void onEnd(Consumer<ErrorCode> end) {
        handle("TERM", () -> end.accept(ErrorCode.DONE));
        handle("INT", () -> end.accept(ErrorCode.INTERRUPTED));
    }

    private static void handle(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            InvocationHandler handle = (proxy, method, arguments) -> {
                action.run();
                return null;
            };
            Object listener = Proxy.newProxyInstance(Signals.class.getClassLoader(), new Class<?>[] {handler}, handle);
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), listener);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JVM does not tell signals", e);
        }
    }
}
