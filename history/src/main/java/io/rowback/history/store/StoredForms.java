package io.rowback.history.store;

import com.fasterxml.jackson.core.type.TypeReference;
import io.rowback.history.TableForm;
import java.util.List;

/** Keeps the forms of tables, an entry of the meta family that only a writer reads. */
final class StoredForms {
    private static final byte[] KEY = Keys.meta("forms");

    private StoredForms() {}

    static List<TableForm> read(Database database) {
        byte[] value = database.get(Family.META, KEY);
        return value == null
                ? List.of()
                : SealedValue.read(
                        Family.META, KEY, value, in -> Json.read(in, new TypeReference<List<TableForm>>() {}));
    }

    static void put(List<TableForm> forms, Write write) {
        write.seal(Family.META, KEY, Json.write(forms));
    }
}
