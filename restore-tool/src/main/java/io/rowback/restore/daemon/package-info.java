/** The daemon, asked over HTTP on this machine what it does now; everything else comes from the store it writes. */
@NullMarked
package io.rowback.restore.daemon;

import org.jspecify.annotations.NullMarked;
