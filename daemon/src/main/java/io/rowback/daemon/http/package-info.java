/**
 * What the daemon tells those who watch it: metrics in Prometheus' form and a health check. Micrometer and the JDK's
 * HTTP server are used here only.
 */
@NullMarked
package io.rowback.daemon.http;

import org.jspecify.annotations.NullMarked;
