package io.rowback.history.store;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.rowback.history.Lsn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * The stored form of what is small and rich: schemas and meta records. The names of the model's record components are
 * the names on disk, so renaming one of them is a change of the format.
 */
final class Json {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .addModule(new SimpleModule()
                    .addSerializer(Lsn.class, new LsnWriter())
                    .addDeserializer(Lsn.class, new LsnReader())
                    .addSerializer(Instant.class, ToStringSerializer.instance)
                    .addDeserializer(Instant.class, new InstantReader()))
            .build();

    private Json() {}

    static byte[] write(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot be written as JSON: " + value, e);
        }
    }

    static <T> T read(ByteReader in, TypeReference<T> type) {
        try {
            return MAPPER.readValue(new String(in.bytes(in.remaining()), StandardCharsets.UTF_8), type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("its JSON cannot be read: " + e.getOriginalMessage(), e);
        }
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

    private static final class LsnReader extends StdDeserializer<Lsn> {
        private static final long serialVersionUID = 1L;

        LsnReader() {
            super(Lsn.class);
        }

        @Override
        public Lsn deserialize(JsonParser in, DeserializationContext context) throws IOException {
            return Lsn.parse(in.getText());
        }
    }

    private static final class InstantReader extends StdDeserializer<Instant> {
        private static final long serialVersionUID = 1L;

        InstantReader() {
            super(Instant.class);
        }

        @Override
        public Instant deserialize(JsonParser in, DeserializationContext context) throws IOException {
            return Instant.parse(in.getText());
        }
    }
}
