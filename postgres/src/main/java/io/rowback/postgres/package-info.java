/**
 * What Rowback knows of Postgres: how to reach it, the session settings that make its text canonical, its catalog, and
 * how identifiers and literals are written. Knows the history's words, neither Debezium nor the command line.
 */
@NullMarked
package io.rowback.postgres;

import org.jspecify.annotations.NullMarked;
