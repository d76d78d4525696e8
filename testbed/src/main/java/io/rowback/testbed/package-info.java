/**
 * Throw-away Postgres servers for the tests and the demo: real ones, of every supported major version, without Docker
 * and as root too. Knows nothing of Rowback, and no product code may use it.
 */
@NullMarked
package io.rowback.testbed;

import org.jspecify.annotations.NullMarked;
