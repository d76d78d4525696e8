/** Giving a database up: what has to be taken away from its server, and what only a person can decide. */
@NullMarked
package io.rowback.daemon.teardown;

import org.jspecify.annotations.NullMarked;
