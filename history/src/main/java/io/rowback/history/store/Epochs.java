package io.rowback.history.store;

import io.rowback.history.Lsn;
import java.util.ArrayList;
import java.util.List;

/**
 * The stretches of commit order by which the indexes are cut, so that retention can drop whole ranges of them. Each
 * begins at a commit and is stored with the first change in it: a commit that comes again finds the same epoch.
 */
final class Epochs {
    /** In the place of an epoch: what belongs to baselines. */
    static final int BASELINES = 0;

    private static final int LAST = 0xFFFF;

    private final List<Epoch> epochs = new ArrayList<>();

    /** An epoch and the first commit LSN in it. */
    record Epoch(int number, Lsn from) {}

    Epochs(List<Epoch> epochs) {
        this.epochs.addAll(epochs);
    }

    static Epochs first() {
        return new Epochs(List.of(new Epoch(1, Lsn.ZERO)));
    }

    List<Epoch> all() {
        return List.copyOf(epochs);
    }

    /** The epoch of a commit. */
    int of(Lsn commit) {
        int low = 0;
        int high = epochs.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) / 2;
            if (commit.isBefore(epochs.get(middle).from())) {
                high = middle - 1;
            } else {
                low = middle;
            }
        }
        return epochs.get(low).number();
    }

    /**
     * Lets a new epoch begin at a commit above all that were stored. Numbers begin again at 1, which retention has made
     * free; while it is not, the epoch before goes on.
     */
    void begin(Lsn commit) {
        int number = epochs.get(epochs.size() - 1).number() % LAST + 1;
        if (epochs.stream().noneMatch(epoch -> epoch.number() == number)) {
            epochs.add(new Epoch(number, commit));
        }
    }

    /** The epochs of which all lies below that place. */
    List<Epoch> below(Lsn at) {
        int kept = 0;
        while (kept + 1 < epochs.size() && !at.isBefore(epochs.get(kept + 1).from())) {
            kept++;
        }
        return List.copyOf(epochs.subList(0, kept));
    }

    /** The keys of index entries of these epochs, which follow each other; in two ranges if numbers began again. */
    static List<KeyRange> ranges(List<Epoch> followingEachOther) {
        List<KeyRange> ranges = new ArrayList<>();
        int first = 0;
        for (int i = 0; i < followingEachOther.size(); i++) {
            int number = followingEachOther.get(i).number();
            boolean ends = i + 1 == followingEachOther.size()
                    || followingEachOther.get(i + 1).number() < number;
            if (ends) {
                byte[] from = Keys.epoch(followingEachOther.get(first).number());
                ranges.add(new KeyRange(from, Keys.after(Keys.epoch(number))));
                first = i + 1;
            }
        }
        return ranges;
    }

    /** Forgets those epochs. */
    void drop(List<Epoch> dropped) {
        epochs.removeAll(dropped);
    }

    /** The newest commit that is known to have an epoch, if everything up to {@code durable} has one. */
    Lsn newestCommit(Lsn durable) {
        Lsn from = epochs.get(epochs.size() - 1).from();
        return from.isBefore(durable) ? durable : from;
    }

    /** The epochs that have a part in [from, to), oldest first. */
    List<Integer> between(Lsn from, Lsn to) {
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < epochs.size(); i++) {
            boolean endsBefore =
                    i + 1 < epochs.size() && !from.isBefore(epochs.get(i + 1).from());
            // The oldest reaches down to the beginning: its own is forgotten if a server went on from below it.
            if ((i == 0 || epochs.get(i).from().isBefore(to)) && !endsBefore) {
                found.add(epochs.get(i).number());
            }
        }
        return found;
    }
}
