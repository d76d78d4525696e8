/**
 * The live database that a plan is for: its tables and rows as they are there, what stands in the way of a write, and the
 * write itself. Whatever can be evaluated by the server is: expressions, operators and collations are its own.
 */
@NullMarked
package io.rowback.restore.live;

import org.jspecify.annotations.NullMarked;
