package io.rowback.history.store;

import io.rowback.history.Change;
import io.rowback.history.ColumnValue;
import io.rowback.history.ForeignKey;
import io.rowback.history.Lsn;
import io.rowback.history.Position;
import io.rowback.history.RowImage;
import io.rowback.history.RowKey;
import io.rowback.history.TableId;
import io.rowback.history.TableInfo;
import io.rowback.history.TableInfo.SchemaVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Finds rows by what they refer to: through the index refs or, where a foreign key was added later and older images are
 * therefore not in the index, by reading all that is known of the table.
 */
final class StoredReferences {
    private final Database database;
    private final Schemas schemas;
    private final Metadata meta;
    private final StoredChanges changes;
    private final StoredBaselines baselines;

    StoredReferences(
            Database database, Schemas schemas, Metadata meta, StoredChanges changes, StoredBaselines baselines) {
        this.database = database;
        this.schemas = schemas;
        this.meta = meta;
        this.changes = changes;
        this.baselines = baselines;
    }

    Stream<RowKey> of(TableId id, ForeignKey foreignKey, List<String> values) {
        TableInfo table = meta.table(id);
        if (table == null) {
            return Stream.empty();
        }
        List<Integer> attributes = table.attributes(foreignKey);
        boolean indexed = table.schemas().stream().map(SchemaVersion::schema).allMatch(schema -> schemas.store(schema)
                .refersBy(attributes));
        return indexed ? indexed(table, attributes, values) : scanned(table, attributes, values);
    }

    private Stream<RowKey> indexed(TableInfo table, List<Integer> attributes, List<String> values) {
        TableId id = table.schema().id();
        byte[] encodedAttributes = Keys.attributes(attributes);
        byte[] encodedValues = KeyCodec.encode(values);
        List<KeyScan> scans = new ArrayList<>();
        scans.add(scan(Keys.reference(Epochs.BASELINES, id, encodedAttributes, encodedValues)));
        meta.epochs()
                .between(meta.begin(), meta.durable())
                .forEach(epoch -> scans.add(scan(Keys.reference(epoch, id, encodedAttributes, encodedValues))));
        KeyScan merged = KeyScan.merged(scans, Keys::compareWithoutEpoch);
        int prefix = Keys.TABLE_BYTES + encodedAttributes.length + encodedValues.length;
        LastOfEachRow rows = new LastOfEachRow(merged, prefix, key -> isVisible(table, key, prefix));
        return Streams.of(rows, merged)
                .map(last -> new RowKey(KeyCodec.decode(Keys.beforePosition(last.key(), prefix))));
    }

    private KeyScan scan(byte[] prefix) {
        return KeyScan.inSequence(database, Family.REFS, List.of(KeyRange.prefix(prefix)));
    }

    private boolean isVisible(TableInfo table, byte[] key, int prefix) {
        Position place = Keys.position(key);
        if (Keys.epochOf(key) == Epochs.BASELINES) {
            ByteReader row = Keys.beforePosition(key, prefix);
            TableId id = table.schema().id();
            return baselines.isHeld(table, Keys.baseline(id, row.bytes(row.remaining()), place));
        }
        return meta.holds(place.commit());
    }

    private Stream<RowKey> scanned(TableInfo table, List<Integer> attributes, List<String> values) {
        Stream<RowImage> changed =
                changes.of(table.schema().id(), Lsn.ZERO, Lsn.MAX).flatMap(StoredReferences::images);
        return Stream.concat(changed, baselines.all(table))
                .filter(image -> values.equals(texts(image, attributes)))
                .map(image -> Objects.requireNonNull(image.key()))
                .distinct();
    }

    private static Stream<RowImage> images(Change change) {
        return Stream.concat(Stream.ofNullable(change.before()), Stream.ofNullable(change.after()));
    }

    private static List<String> texts(RowImage image, List<Integer> attributes) {
        List<String> texts = new ArrayList<>();
        for (int attribute : attributes) {
            int index = image.schema().indexOfAttribute(attribute);
            if (index >= 0 && image.values().get(index) instanceof ColumnValue.Text text) {
                texts.add(text.text());
            }
        }
        return texts;
    }
}
