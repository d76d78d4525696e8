/**
 * How the daemon's life story is written: lines for people, for the journal or for programs. Logback is used here only.
 */
@NullMarked
package io.rowback.daemon.log;

import org.jspecify.annotations.NullMarked;
