package io.rowback.testbed;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.provider.AnnotationBasedArgumentsProvider;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.support.ParameterDeclarations;

/** What {@link OnServers} gives. */
final class ServerVersions extends AnnotationBasedArgumentsProvider<OnServers> {
    @Override
    protected Stream<? extends Arguments> provideArguments(
            ParameterDeclarations parameters, ExtensionContext context, OnServers servers) {
        IntStream versions =
                Boolean.getBoolean("rowback.nightly") ? IntStream.rangeClosed(14, 18) : IntStream.of(servers.value());
        return versions.mapToObj(Arguments::of);
    }
}
