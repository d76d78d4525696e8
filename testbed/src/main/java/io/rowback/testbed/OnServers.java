package io.rowback.testbed;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.provider.ArgumentsSource;

/**
 * Gives a parameterized test, or class of tests, the major versions of the servers that it is to run on: the build plays
 * it on the named ones, the nightly profile (system property {@code rowback.nightly}) on every version there is.
 */
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
@ArgumentsSource(ServerVersions.class)
public @interface OnServers {
    /** Those of the build; the oldest and the newest unless told. */
    int[] value() default {14, 18};
}
