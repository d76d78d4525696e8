/**
 * How answers look: text for people, JSON for programs. The JSON is a contract, written down in the module's README.
 */
@NullMarked
package io.rowback.restore.output;

import org.jspecify.annotations.NullMarked;
