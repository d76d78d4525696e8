package io.rowback.restore;

import io.rowback.history.RowbackException;
import io.rowback.restore.query.PointInTime;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a point in time from the command line. */
final class PointConverter implements ITypeConverter<PointInTime> {
    @Override
    public PointInTime convert(String text) {
        try {
            return PointInTime.parse(text);
        } catch (RowbackException e) {
            throw new TypeConversionException(e.getMessage() + ". " + e.hint());
        }
    }
}
