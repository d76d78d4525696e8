package io.rowback.bench;

import io.rowback.history.Change;
import io.rowback.history.ColumnValue;
import io.rowback.history.Lsn;
import io.rowback.history.RowImage;
import io.rowback.history.store.RocksHistoryReader;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.CompressionOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.EnvOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileWriter;

/**
 * What the images of the changes in a store take in three encodings, each written to one file, compressed as the store
 * compresses its log. Keys and checksums are part of it, indexes are not.
 */
record Encodings(Path store) {
    private static final int DICTIONARY = 16 * 1024;
    private static final int BLOCK = 16 * 1024;

    private enum Encoding {
        FULL("full images before and after"),
        AFTER_AS_DIFFERENCE("before image whole, after image as difference"),
        CHANGED_ONLY("UPDATE as the old and new values that changed");

        private final String label;

        Encoding(String label) {
            this.label = label;
        }
    }

    List<Figure> figures(Path folder) {
        return Stream.of(Encoding.values())
                .map(encoding -> figure(encoding, folder.resolve(encoding + ".sst")))
                .toList();
    }

    private Figure figure(Encoding encoding, Path file) {
        try (RocksHistoryReader reader = RocksHistoryReader.open(store);
                Stream<Change> changes = reader.changes(Lsn.ZERO, Lsn.MAX);
                CompressionOptions dictionary = new CompressionOptions()
                        .setLevel(1)
                        .setMaxDictBytes(DICTIONARY)
                        .setEnabled(true);
                Options options = new Options()
                        .setCompressionType(CompressionType.ZSTD_COMPRESSION)
                        .setCompressionOptions(dictionary)
                        .setTableFormatConfig(new org.rocksdb.BlockBasedTableConfig().setBlockSize(BLOCK));
                EnvOptions environment = new EnvOptions();
                SstFileWriter writer = new SstFileWriter(environment, options)) {
            writer.open(file.toString());
            long count = 0;
            for (Iterator<Change> each = changes.iterator(); each.hasNext(); count++) {
                Change change = each.next();
                byte[] value = encode(change, encoding);
                byte[] key = ByteBuffer.allocate(14)
                        .putShort((short) 1)
                        .putLong(change.position().commit().value())
                        .putInt(change.position().ordinal())
                        .array();
                writer.put(key, value);
            }
            writer.finish();
            return new Figure(
                    "size",
                    "bytes of log: " + encoding.label,
                    writer.fileSize() / (double) count,
                    Figure.Target.NONE,
                    "an estimate");
        } catch (RocksDBException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] encode(Change change, Encoding encoding) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(change.operation().code());
        RowImage before = change.before();
        RowImage after = change.after();
        boolean both = before != null && after != null;
        if (before != null) {
            write(out, before, both && encoding == Encoding.CHANGED_ONLY ? after : null);
        }
        if (after != null) {
            write(out, after, both && encoding != Encoding.FULL ? before : null);
        }
        // In the place of the checksum, which does not compress.
        out.writeBytes(ByteBuffer.allocate(4)
                .putInt(out.toString(java.nio.charset.StandardCharsets.ISO_8859_1)
                                .hashCode()
                        * 0x9E3779B1)
                .array());
        return out.toByteArray();
    }

    /** The values, without those that another image has as well; the key always. */
    private static void write(ByteArrayOutputStream out, RowImage image, @Nullable RowImage other) {
        for (int i = 0; i < image.values().size(); i++) {
            ColumnValue value = image.values().get(i);
            boolean same = other != null && value.equals(other.values().get(i));
            if (same
                    && !image.schema()
                            .key()
                            .contains(image.schema().columns().get(i).name())) {
                out.write(2);
            } else if (value instanceof ColumnValue.Text text) {
                out.write(3 + text.utf8().length);
                out.writeBytes(text.utf8());
            } else {
                out.write(0);
            }
        }
    }
}
