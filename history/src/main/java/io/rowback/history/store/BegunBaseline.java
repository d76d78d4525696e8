package io.rowback.history.store;

import io.rowback.history.Lsn;
import io.rowback.history.TableId;

/** A baseline of which rows are stored and that is not complete. */
record BegunBaseline(TableId table, Lsn at) {}
