package io.rowback.restore;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;

/** The words of a choice as help and completion write them, in lower case. picocli makes one from the class that an option names. */
abstract class Words implements Iterable<String> {
    private final List<String> words;

    Words(Enum<?>... choice) {
        words = Arrays.stream(choice)
                .map(word -> word.name().toLowerCase(Locale.ROOT))
                .toList();
    }

    @Override
    public final Iterator<String> iterator() {
        return words.iterator();
    }
}
