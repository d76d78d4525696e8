/** The daemon's commands and what they wire together: one capture per configured database, metrics, and the way to stop. */
@NullMarked
package io.rowback.daemon;

import org.jspecify.annotations.NullMarked;
