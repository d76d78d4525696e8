package io.rowback.history;

/** Why a stretch of the history is not held: the log was lost before it was read, or retention dropped it. */
public sealed interface Loss permits Gap, Horizon {}
