/**
 * What a build writes into the package from the programs themselves, so that it cannot differ from them. Nothing of this is
 * installed.
 */
@NullMarked
package io.rowback.deploy;

import org.jspecify.annotations.NullMarked;
