/**
 * What proves that a server which {@code pg_upgrade} made goes on exactly where the history ends.
 */
@NullMarked
package io.rowback.daemon.upgrade;

import org.jspecify.annotations.NullMarked;
