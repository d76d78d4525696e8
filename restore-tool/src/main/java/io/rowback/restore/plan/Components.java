package io.rowback.restore.plan;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * The strongly connected components of a graph, each after those that it waits for (Tarjan's algorithm, with its own
 * stack since a chain of rows may be long).
 */
final class Components {
    private final List<Set<Integer>> waitsFor;
    private final int[] number;
    private final int[] lowest;
    private final boolean[] open;
    private final Deque<Integer> path = new ArrayDeque<>();
    private final List<List<Integer>> components = new ArrayList<>();
    private int numbered;

    /** Of the graph in which node i waits for the nodes {@code waitsFor.get(i)}. */
    Components(List<Set<Integer>> waitsFor) {
        this.waitsFor = waitsFor;
        this.number = new int[waitsFor.size()];
        this.lowest = new int[waitsFor.size()];
        this.open = new boolean[waitsFor.size()];
        Arrays.fill(number, -1);
        for (int node = 0; node < waitsFor.size(); node++) {
            if (number[node] < 0) {
                visit(node);
            }
        }
    }

    /** The components, each with its nodes in ascending order. */
    List<List<Integer>> inOrder() {
        return components;
    }

    private record Visit(int node, Iterator<Integer> next) {}

    private void visit(int start) {
        Deque<Visit> visits = new ArrayDeque<>();
        visits.push(enter(start));
        while (!visits.isEmpty()) {
            Visit visit = visits.element();
            int node = visit.node();
            if (visit.next().hasNext()) {
                int other = visit.next().next();
                if (number[other] < 0) {
                    visits.push(enter(other));
                } else if (open[other]) {
                    lowest[node] = Math.min(lowest[node], number[other]);
                }
            } else {
                visits.pop();
                leave(node);
                if (!visits.isEmpty()) {
                    int parent = visits.element().node();
                    lowest[parent] = Math.min(lowest[parent], lowest[node]);
                }
            }
        }
    }

    private Visit enter(int node) {
        number[node] = numbered;
        lowest[node] = numbered;
        numbered++;
        open[node] = true;
        path.push(node);
        return new Visit(node, waitsFor.get(node).iterator());
    }

    private void leave(int node) {
        if (lowest[node] != number[node]) {
            return;
        }
        List<Integer> component = new ArrayList<>();
        int member;
        do {
            member = path.pop();
            open[member] = false;
            component.add(member);
        } while (member != node);
        component.sort(null);
        components.add(component);
    }
}
