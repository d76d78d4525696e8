/**
 * A plan as an SQL script that a person reads before running it: one transaction, parents before children, every write
 * guarded. Decides nothing; what it writes is in the plan.
 */
@NullMarked
package io.rowback.restore.sql;

import org.jspecify.annotations.NullMarked;
