/**
 * From a replication slot into the history: our own pgoutput decoder behind Debezium's engine, which keeps connection,
 * start position and acknowledgement, and the recorder that makes transactions durable. Debezium, Kafka Connect and the
 * driver's replication classes are used here only. The word "event" stays inside.
 */
@NullMarked
package io.rowback.daemon.capture;

import org.jspecify.annotations.NullMarked;
