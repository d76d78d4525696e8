package io.rowback.history.store;

import com.fasterxml.jackson.core.type.TypeReference;
import io.rowback.history.Coverage;
import io.rowback.history.Lsn;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/** What an entry of the meta family holds of a table, whose schemas are stored by themselves. */
record StoredTable(List<StoredVersion> schemas, List<Coverage> coverage, long baselineRows) {
    private static final String PREFIX = "table/";

    record StoredVersion(Lsn after, Lsn from, String version) {}

    /** All of them. */
    static KeyRange keys() {
        return KeyRange.prefix(Keys.meta(PREFIX));
    }

    static TableInfo read(byte[] key, byte[] value, Schemas schemas) {
        return SealedValue.read(Family.META, key, value, in -> {
            TableId id = table(key);
            StoredTable stored = Json.read(in, new TypeReference<StoredTable>() {});
            List<TableInfo.SchemaVersion> versions = stored.schemas().stream()
                    .map(version -> new TableInfo.SchemaVersion(
                            version.after(),
                            version.from(),
                            schemas.stored(id, HexFormat.fromHexDigitsToLong(version.version()))
                                    .schema()))
                    .toList();
            return new TableInfo(versions, stored.coverage(), stored.baselineRows(), null);
        });
    }

    static void put(TableInfo table, Schemas schemas, Write write) {
        List<StoredVersion> versions = table.schemas().stream()
                .map(version -> new StoredVersion(
                        version.after(),
                        version.from(),
                        HexFormat.of()
                                .toHexDigits(schemas.store(version.schema()).version())))
                .toList();
        StoredTable stored = new StoredTable(versions, table.coverage(), table.baselineRows());
        write.seal(Family.META, key(table.schema().id()), Json.write(stored));
    }

    static void remove(TableId table, Write write) {
        write.delete(Family.META, key(table));
    }

    private static TableId table(byte[] key) {
        String oid = new String(key, StandardCharsets.US_ASCII).substring(PREFIX.length());
        return new TableId(Integer.parseUnsignedInt(oid));
    }

    private static byte[] key(TableId table) {
        return Keys.meta(PREFIX + table);
    }
}
