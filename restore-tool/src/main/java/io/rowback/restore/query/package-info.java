/**
 * What an operator names on the command line, tables, keys and points in time, and the walks over the history that
 * answer for them. Pure but for the reader it asks; knows neither the command line's options nor how answers look.
 */
@NullMarked
package io.rowback.restore.query;

import org.jspecify.annotations.NullMarked;
