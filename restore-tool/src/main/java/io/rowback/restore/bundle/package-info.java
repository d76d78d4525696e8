/**
 * Everything about one restore in a folder: the SQL, the SQL that takes it back, the queries that tell whether it was done,
 * and what it is about for people and programs. Reads a plan and decides nothing.
 */
@NullMarked
package io.rowback.restore.bundle;

import org.jspecify.annotations.NullMarked;
