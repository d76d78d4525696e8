/**
 * Restore drills: damage that the history holds is made anew in a scratch database, repaired by the SQL that a restore writes,
 * and compared byte for byte.
 */
@NullMarked
package io.rowback.restore.drill;

import org.jspecify.annotations.NullMarked;
