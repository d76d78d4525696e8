/**
 * {@code rowback}, the operator's command line: one class per command, typed arguments in, an answer out. What a command
 * knows beyond its arguments it asks of the packages below.
 */
@NullMarked
package io.rowback.restore;

import org.jspecify.annotations.NullMarked;
