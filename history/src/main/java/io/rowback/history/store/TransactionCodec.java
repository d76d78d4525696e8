package io.rowback.history.store;

import io.rowback.history.Lsn;
import io.rowback.history.TableId;
import io.rowback.history.Transaction;
import io.rowback.history.Transaction.Counts;
import io.rowback.history.TransactionId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is kept of a transaction, as bytes; its commit LSN is its key. */
final class TransactionCodec {
    private static final int MICROS = 1_000_000;

    private TransactionCodec() {}

    static void write(ByteWriter out, Transaction transaction) {
        out.u64(transaction.id().value()).u64(transaction.end().value()).u64(micros(transaction.time()));
        String origin = transaction.origin();
        List<String> texts = new ArrayList<>(transaction.annotations());
        if (origin != null) {
            texts.add(0, origin);
        }
        out.u8(origin == null ? 0 : 1).varint(texts.size());
        for (String text : texts) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            out.varint(utf8.length).bytes(utf8);
        }
        out.varint(transaction.counts().size());
        // In the order of oids: the same transaction is the same bytes.
        new TreeMap<>(transaction.counts()).forEach((table, counts) -> out.u32(table.oid())
                .varint(counts.inserts())
                .varint(counts.updates())
                .varint(counts.deletes())
                .varint(counts.truncates()));
    }

    static Transaction read(ByteReader in, Lsn commit) {
        TransactionId id = new TransactionId(in.u64());
        Lsn end = new Lsn(in.u64());
        Instant time = Instant.EPOCH.plus(in.u64(), ChronoUnit.MICROS);
        boolean hasOrigin = in.u8() != 0;
        int textCount = in.length();
        List<String> texts = new ArrayList<>(textCount);
        for (int i = 0; i < textCount; i++) {
            texts.add(new String(in.bytes(in.length()), StandardCharsets.UTF_8));
        }
        String origin = hasOrigin ? texts.remove(0) : null;
        int tables = in.length();
        Map<TableId, Counts> counts = new HashMap<>();
        for (int i = 0; i < tables; i++) {
            counts.put(new TableId(in.u32()), new Counts(in.varint(), in.varint(), in.varint(), in.varint()));
        }
        return new Transaction(commit, end, id, time, origin, counts, texts);
    }

    private static long micros(Instant time) {
        return Math.addExact(Math.multiplyExact(time.getEpochSecond(), MICROS), time.getNano() / 1000L);
    }
}
