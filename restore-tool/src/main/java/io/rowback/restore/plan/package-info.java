/**
 * From a request to a plan: which rows a scope of commits damaged, what they would hold without it, and what has to be
 * written to put that back. The plan is a value; writing it as SQL or JSON is left to dull readers of it. Pure but for
 * the history that it reads.
 */
@NullMarked
package io.rowback.restore.plan;

import org.jspecify.annotations.NullMarked;
