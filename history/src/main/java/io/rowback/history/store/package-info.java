/**
 * The history on disk: one RocksDB database, changes once in commit order and small indexes beside them, laid out as
 * {@code history/FORMAT.md} says. The only package that knows RocksDB; everybody else sees the interfaces of the model.
 */
@NullMarked
package io.rowback.history.store;

import org.jspecify.annotations.NullMarked;
