/**
 * Looks whether a database can be captured, and what an operator should know of it, without changing anything. Capture
 * itself asks only {@code Preflight}; the rest is for {@code rowbackd check}.
 */
@NullMarked
package io.rowback.daemon.preflight;

import org.jspecify.annotations.NullMarked;
