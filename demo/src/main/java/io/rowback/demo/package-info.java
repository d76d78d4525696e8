/**
 * Two incidents end to end: a real server, the daemon and the tool as processes, and a check that finds no difference
 * from the truth once the rows are back. The end-to-end tests play the same incidents with the same code. Nothing here
 * is installed by a package, and no other module may use it.
 */
@NullMarked
package io.rowback.demo;

import org.jspecify.annotations.NullMarked;
