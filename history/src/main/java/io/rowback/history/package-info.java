/**
 * The words of Rowback: positions in the log, tables and their columns, changes and row images, and the interface of
 * the store that keeps them. Every type here is an immutable value or an interface; nothing here knows Debezium, JDBC
 * or the command line.
 */
@NullMarked
package io.rowback.history;

import org.jspecify.annotations.NullMarked;
