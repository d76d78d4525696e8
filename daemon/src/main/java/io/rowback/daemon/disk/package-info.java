/** How much room the disk of a store has, and what that means for what is to be stored. */
@NullMarked
package io.rowback.daemon.disk;

import org.jspecify.annotations.NullMarked;
