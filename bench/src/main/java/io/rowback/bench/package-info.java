/** Measures the daemon against what the server alone can do: ratios, since machines differ. Nothing depends on it. */
@NullMarked
package io.rowback.bench;

import org.jspecify.annotations.NullMarked;
