package io.rowback.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jdi.AbsentInformationException;
import com.sun.jdi.Bootstrap;
import com.sun.jdi.ClassNotLoadedException;
import com.sun.jdi.IncompatibleThreadStateException;
import com.sun.jdi.IntegerValue;
import com.sun.jdi.InvalidTypeException;
import com.sun.jdi.InvocationException;
import com.sun.jdi.LocalVariable;
import com.sun.jdi.Method;
import com.sun.jdi.ObjectReference;
import com.sun.jdi.ReferenceType;
import com.sun.jdi.ThreadReference;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.Connector;
import com.sun.jdi.connect.IllegalConnectorArgumentsException;
import com.sun.jdi.connect.ListeningConnector;
import com.sun.jdi.event.BreakpointEvent;
import com.sun.jdi.event.ClassPrepareEvent;
import com.sun.jdi.event.Event;
import com.sun.jdi.event.EventSet;
import com.sun.jdi.request.BreakpointRequest;
import com.sun.jdi.request.ClassPrepareRequest;
import com.sun.jdi.request.EventRequest;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Stops one thread of a daemon at a named method, from outside: what the daemon runs knows nothing of it. The daemon's JVM
 * connects to this one; {@link #await} lets it run until the breakpoint is met.
 */
final class Debugger implements AutoCloseable {
    private static final long PATIENCE_MILLIS = TimeUnit.SECONDS.toMillis(60);

    private final ListeningConnector connector;
    private final Map<String, Connector.Argument> arguments;
    private final String address;
    private @Nullable VirtualMachine machine;

    Debugger() throws IOException, IllegalConnectorArgumentsException {
        connector = Bootstrap.virtualMachineManager().listeningConnectors().stream()
                .filter(each -> each.name().equals("com.sun.jdi.SocketListen"))
                .findFirst()
                .orElseThrow();
        arguments = connector.defaultArguments();
        set("localAddress", "127.0.0.1");
        set("timeout", Long.toString(PATIENCE_MILLIS));
        String listening = connector.startListening(arguments);
        address = "127.0.0.1" + listening.substring(listening.lastIndexOf(':'));
    }

    private void set(String argument, String value) {
        Objects.requireNonNull(arguments.get(argument)).setValue(value);
    }

    /** The option for the JVM that is to be debugged. */
    String option() {
        return "-agentlib:jdwp=transport=dt_socket,server=n,suspend=y,address=" + address;
    }

    /** A thread that stands at the beginning of a method. */
    static final class Halt {
        private final ThreadReference thread;
        private final BreakpointRequest breakpoint;

        private Halt(ThreadReference thread, BreakpointRequest breakpoint) {
            this.thread = thread;
            this.breakpoint = breakpoint;
        }

        /** A component of an argument; null for null. */
        @Nullable
        ObjectReference component(String argument, String name) {
            try {
                LocalVariable variable = thread.frame(0).visibleVariableByName(argument);
                ObjectReference object = (ObjectReference) thread.frame(0).getValue(variable);
                return (ObjectReference) object.getValue(object.referenceType().fieldByName(name));
            } catch (AbsentInformationException | IncompatibleThreadStateException e) {
                throw new IllegalStateException(e);
            }
        }

        /** How many elements a collection has that is a component of an argument. */
        int size(String argument, String name) {
            ObjectReference collection = Objects.requireNonNull(component(argument, name));
            Method size =
                    collection.referenceType().methodsByName("size", "()I").get(0);
            try {
                return ((IntegerValue) collection.invokeMethod(
                                thread, size, List.of(), ObjectReference.INVOKE_SINGLE_THREADED))
                        .value();
            } catch (InvalidTypeException
                    | ClassNotLoadedException
                    | IncompatibleThreadStateException
                    | InvocationException e) {
                throw new IllegalStateException(e);
            }
        }

        /** Lets the thread go on and stop there no more. */
        void resume() {
            breakpoint.disable();
            thread.resume();
        }
    }

    /**
     * Lets the daemon run until a thread begins that method and the condition holds. The thread stays there, the others go
     * on.
     */
    Halt await(String className, String methodName, Predicate<Halt> condition)
            throws IOException, IllegalConnectorArgumentsException, InterruptedException {
        if (machine == null) {
            machine = connector.accept(arguments);
        }
        VirtualMachine debugged = machine;
        List<ReferenceType> loaded = debugged.classesByName(className);
        if (loaded.isEmpty()) {
            ClassPrepareRequest request = debugged.eventRequestManager().createClassPrepareRequest();
            request.addClassFilter(className);
            request.enable();
        } else {
            stopAt(debugged, loaded.get(0), methodName);
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        while (true) {
            EventSet events = debugged.eventQueue().remove(PATIENCE_MILLIS);
            assertThat(events).as("%s.%s is reached", className, methodName).isNotNull();
            assertThat(System.nanoTime())
                    .as("%s.%s is reached", className, methodName)
                    .isLessThan(deadline);
            for (Event event : events) {
                if (event instanceof ClassPrepareEvent prepared) {
                    stopAt(debugged, prepared.referenceType(), methodName);
                } else if (event instanceof BreakpointEvent hit) {
                    Halt halt = new Halt(hit.thread(), (BreakpointRequest) hit.request());
                    if (condition.test(halt)) {
                        return halt;
                    }
                }
            }
            events.resume();
        }
    }

    private static void stopAt(VirtualMachine machine, ReferenceType type, String methodName) {
        for (Method method : type.methodsByName(methodName)) {
            if (method.location() != null && !method.isAbstract()) {
                BreakpointRequest request = machine.eventRequestManager().createBreakpointRequest(method.location());
                request.setSuspendPolicy(EventRequest.SUSPEND_EVENT_THREAD);
                request.enable();
            }
        }
    }

    @Override
    public void close() throws IOException, IllegalConnectorArgumentsException {
        connector.stopListening(arguments);
    }
}
