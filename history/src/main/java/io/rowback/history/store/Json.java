package io.rowback.history.store;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.rowback.history.Lsn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;

/**
 * The stored form of what is small and rich: schemas and meta records. The names of the model's record components are
 * the names on disk, so renaming one of them is a change of the format.
 */
final class Json {
    private Json() {}

    static byte[] write(Object value) {
        try {
            return Binding.MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot be written as JSON: " + value, e);
        }
    }

    static <T> T read(ByteReader in, TypeReference<T> type) {
        try {
            return JsonRecords.read(new String(in.bytes(in.remaining()), StandardCharsets.UTF_8), type);
        } catch (IOException | IllegalArgumentException | DateTimeException e) {
            throw new IllegalStateException("its JSON cannot be read: " + e.getMessage(), e);
        }
    }

    /** Loaded by the first write, so that readers do without: it takes as long as many of their answers. */
    private static final class Binding {
        private static final ObjectMapper MAPPER = JsonMapper.builder()
                .addModule(new SimpleModule()
                        .addSerializer(Lsn.class, new LsnWriter())
                        .addSerializer(Instant.class, ToStringSerializer.instance))
                .build();
    }

    private static final class LsnWriter extends StdSerializer<Lsn> {
        private static final long serialVersionUID = 1L;

        LsnWriter() {
            super(Lsn.class);
        }

        @Override
        public void serialize(Lsn lsn, JsonGenerator out, SerializerProvider provider) throws IOException {
            out.writeString(lsn.toString());
        }
    }
}
