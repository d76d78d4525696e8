package io.rowback.history.store;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.type.TypeReference;
import io.rowback.history.Lsn;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads records from JSON, each component from the member of its name, and lists of them. Jackson's own binding does the same and far
 * more, but to find out at each start how these few records are built took it a fifth of the time of a short command.
 */
final class JsonRecords {
    private static final JsonFactory JSON = new JsonFactory();

    private static final ClassValue<Shape> SHAPES = new ClassValue<>() {
        @Override
        protected Shape computeValue(Class<?> type) {
            return Shape.of(type);
        }
    };

    private JsonRecords() {}

    /**
     * The value that the text holds.
     *
     * @throws IOException if it is no JSON, or not that of such a value
     * @throws IllegalArgumentException if a number is missing, or an LSN is none
     * @throws java.time.DateTimeException if a time is none
     */
    @SuppressWarnings("unchecked") // The reference says of which type the value is.
    static <T> T read(String text, TypeReference<T> type) throws IOException {
        try (JsonParser in = JSON.createParser(text)) {
            in.nextToken();
            Object value = value(in, type.getType());
            if (value == null || in.nextToken() != null) {
                throw new JsonParseException(in, "not one " + type.getType());
            }
            return (T) value;
        }
    }

    /** How a record is built. */
    private record Shape(List<String> names, List<Type> types, Constructor<?> constructor) {
        static Shape of(Class<?> type) {
            RecordComponent[] components = type.getRecordComponents();
            Class<?>[] erased =
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            try {
                Constructor<?> constructor = type.getDeclaredConstructor(erased);
                constructor.setAccessible(true);
                return new Shape(
                        Arrays.stream(components).map(RecordComponent::getName).toList(),
                        Arrays.stream(components)
                                .map(RecordComponent::getGenericType)
                                .toList(),
                        constructor);
            } catch (NoSuchMethodException e) {
                throw new IllegalStateException("every record has that constructor", e);
            }
        }
    }

    private static @Nullable Object value(JsonParser in, Type type) throws IOException {
        if (in.currentToken() == JsonToken.VALUE_NULL) {
            return null;
        }
        if (type instanceof ParameterizedType list) {
            return list(in, list.getActualTypeArguments()[0]);
        }
        Class<?> single = (Class<?>) type;
        if (single == String.class) {
            return text(in);
        }
        if (single == Lsn.class) {
            return Lsn.parse(text(in));
        }
        if (single == Instant.class) {
            return Instant.parse(text(in));
        }
        if (single == int.class) {
            return in.getIntValue();
        }
        if (single == long.class || single == Long.class) {
            return in.getLongValue();
        }
        if (single == boolean.class) {
            return in.getBooleanValue();
        }
        if (single == char.class) {
            return text(in).charAt(0);
        }
        return single.isEnum() ? constant(in, single) : record(in, single);
    }

    private static String text(JsonParser in) throws IOException {
        require(in, JsonToken.VALUE_STRING);
        return in.getText();
    }

    private static Object constant(JsonParser in, Class<?> type) throws IOException {
        String name = text(in);
        for (Object constant : type.getEnumConstants()) {
            if (((Enum<?>) constant).name().equals(name)) {
                return constant;
            }
        }
        throw new JsonParseException(in, "no " + type.getSimpleName() + " is " + name);
    }

    private static List<Object> list(JsonParser in, Type element) throws IOException {
        require(in, JsonToken.START_ARRAY);
        List<Object> elements = new ArrayList<>();
        while (in.nextToken() != JsonToken.END_ARRAY) {
            elements.add(value(in, element));
        }
        return elements;
    }

    private static Object record(JsonParser in, Class<?> type) throws IOException {
        require(in, JsonToken.START_OBJECT);
        Shape shape = SHAPES.get(type);
        @Nullable Object[] values = new @Nullable Object[shape.names().size()];
        while (in.nextToken() != JsonToken.END_OBJECT) {
            int index = shape.names().indexOf(in.currentName());
            if (index < 0) {
                throw new JsonParseException(in, type.getSimpleName() + " has no " + in.currentName());
            }
            in.nextToken();
            values[index] = value(in, shape.types().get(index));
        }
        try {
            return shape.constructor().newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new JsonParseException(in, "no " + type.getSimpleName() + " can be made of it", e);
        }
    }

    private static void require(JsonParser in, JsonToken token) throws IOException {
        if (in.currentToken() != token) {
            throw new JsonParseException(in, "there is no " + token);
        }
    }
}
