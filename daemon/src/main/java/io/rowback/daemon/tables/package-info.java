/**
 * Which tables are captured and since when: the publication that lists them, the slot, and the baseline of the rows that
 * were there before. Everything here is plain SQL; the stream itself is read in {@code capture}.
 */
@NullMarked
package io.rowback.daemon.tables;

import org.jspecify.annotations.NullMarked;
