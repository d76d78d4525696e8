package io.rowback.history.store;

import com.fasterxml.jackson.core.type.TypeReference;
import io.rowback.history.TableId;
import io.rowback.history.TableSchema;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Every schema ever stored, named by its content: the first 64 bits of the SHA-256 of its JSON. The writer's is used by
 * several threads.
 */
final class Schemas {
    private static final TypeReference<TableSchema> TYPE = new TypeReference<>() {};
    private static final int CACHED = 10_000;

    private final Database database;
    private final Map<Long, StoredSchema> byVersion = new ConcurrentHashMap<>();
    /** Spares the hot path the comparison of whole schemas: capture hands over the same instance again and again. */
    private final Map<TableSchema, StoredSchema> byInstance = Collections.synchronizedMap(new IdentityHashMap<>());

    private Schemas(Database database) {
        this.database = database;
    }

    static Schemas load(Database database) {
        Schemas schemas = new Schemas(database);
        try (Cursor cursor = database.cursor(Family.SCHEMAS, KeyRange.ALL)) {
            while (cursor.next()) {
                schemas.register(read(cursor.key(), cursor.value()));
            }
        }
        return schemas;
    }

    /** The schema in a stored value. The key, which its checksum covers, names it: SHA-256 would take a command 15 ms. */
    private static StoredSchema read(byte[] key, byte[] value) {
        return SealedValue.read(
                Family.SCHEMAS, key, value, in -> StoredSchema.of(Json.read(in, TYPE), Keys.schemaVersion(key)));
    }

    /**
     * The stored form of a schema. One that is new is written at once and by itself: others may refer to it as soon as
     * it is known here, whatever becomes of the batch it came with.
     */
    StoredSchema store(TableSchema schema) {
        StoredSchema known = byInstance.get(schema);
        return known != null ? known : storeInstance(schema);
    }

    private synchronized StoredSchema storeInstance(TableSchema schema) {
        byte[] json = Json.write(schema);
        long version = version(json);
        StoredSchema stored = byVersion.get(version);
        if (stored == null) {
            stored = StoredSchema.of(schema, version);
            try (Write write = database.begin()) {
                write.seal(Family.SCHEMAS, Keys.schema(schema.id(), version), json);
                write.commit(Database.Durability.SYNCED);
            }
            byVersion.put(version, stored);
        } else if (!stored.schema().equals(schema)) {
            throw new IllegalStateException("two schemas of table " + schema.name() + " have the same hash");
        }
        if (byInstance.size() >= CACHED) {
            byInstance.clear();
        }
        byInstance.put(schema, stored);
        return stored;
    }

    /** The schema of that name. */
    StoredSchema stored(TableId table, long version) {
        StoredSchema stored = byVersion.get(version);
        if (stored == null || !stored.schema().id().equals(table)) {
            throw new IllegalStateException("its schema is not in the store");
        }
        return stored;
    }

    /** Forgets all schemas of tables of which nothing is stored any more. */
    synchronized void forget(List<TableId> tables, Write write) {
        for (StoredSchema stored : List.copyOf(byVersion.values())) {
            TableId table = stored.schema().id();
            if (tables.contains(table)) {
                write.delete(Family.SCHEMAS, Keys.schema(table, stored.version()));
                byVersion.remove(stored.version());
            }
        }
        byInstance.keySet().removeIf(schema -> tables.contains(schema.id()));
    }

    private void register(StoredSchema stored) {
        byVersion.put(stored.version(), stored);
        byInstance.put(stored.schema(), stored);
    }

    static long version(byte[] json) {
        try {
            return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(json))
                    .getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
