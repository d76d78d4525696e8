/**
 * Conditions that an operator types, {@code plan = 'pro' and created_at >= '2026-05-01'}, and what they say of a row
 * image. They mean what they would mean to Postgres in a session with TimeZone UTC; what cannot be evaluated as the
 * server would is refused by name. Knows the history's words only.
 */
@NullMarked
package io.rowback.restore.expression;

import org.jspecify.annotations.NullMarked;
