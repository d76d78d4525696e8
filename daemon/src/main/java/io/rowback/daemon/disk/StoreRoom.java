package io.rowback.daemon.disk;

import io.rowback.daemon.http.DatabaseMetrics;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.io.File;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the disk of a store has room for more. Changes and baselines ask before they are stored, so that a disk that
 * fills up keeps its last bytes for what is small, for merging files, and for retention, which needs some to give more
 * back. Thread-safe.
 */
public final class StoreRoom {
    private static final Logger LOG = LoggerFactory.getLogger(StoreRoom.class);

    private final String database;
    private final File folder;
    private final long minFree;
    private final DatabaseMetrics metrics;
    private final Consumer<StoreRoom> changed;
    private RoomLevel level = RoomLevel.ENOUGH;
    private @Nullable RowbackException shortage;

    /**
     * The room of a folder that exists.
     *
     * @param minFree so many bytes are to stay free; 0 for none
     * @param changed told when {@link #shortage} has come or gone, by the thread that noticed
     */
    public StoreRoom(String database, Path folder, long minFree, DatabaseMetrics metrics, Consumer<StoreRoom> changed) {
        this.database = database;
        this.folder = folder.toFile();
        this.minFree = minFree;
        this.metrics = metrics;
        this.changed = changed;
    }

    /** Looks whether there is room for more. Costs microseconds. */
    public boolean isThere() {
        // A FileStore would look for the mount point, of which a process in a chroot may see none.
        if (folder.getTotalSpace() == 0) {
            // Whatever is wrong with the disk, the next write meets it and says more.
            LOG.debug("the room on the store's disk cannot be told");
            return shortage() == null;
        }
        return isThere(folder.getUsableSpace());
    }

    private boolean isThere(long free) {
        boolean isNews;
        synchronized (this) {
            RoomLevel before = level;
            level = before.next(free, minFree);
            isNews = (before == RoomLevel.NONE) != (level == RoomLevel.NONE);
            if (level != before) {
                tell(before, "the store's disk has " + (free >> 20) + " MB left");
            }
            metrics.room(free, minFree);
        }
        if (isNews) {
            changed.accept(this);
        }
        return shortage() == null;
    }

    private void tell(RoomLevel before, String text) {
        RowbackException why = level == RoomLevel.NONE ? shortage(text) : null;
        shortage = why;
        if (why != null) {
            LOG.error("{}: {}; {}", database, why.getMessage(), why.hint());
        } else if (before == RoomLevel.NONE) {
            LOG.info("{}: {}: what waited is stored", database, text);
        } else if (level == RoomLevel.SCARCE) {
            LOG.warn("{}: {}, less than twice store.min_free, below which nothing more is stored", database, text);
        } else {
            LOG.info("{}: {}, which is enough", database, text);
        }
    }

    private static RowbackException shortage(String text) {
        return new RowbackException(
                ErrorCode.FAILED,
                text + ", less than store.min_free: nothing more is stored",
                "Make room where the store is, or set retention or max_size; rowbackd goes on by itself, and until then the"
                        + " server keeps its log.");
    }

    /** Why nothing more was to be stored at the last look; null if it was. */
    public synchronized @Nullable RowbackException shortage() {
        return shortage;
    }
}
