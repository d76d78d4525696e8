package io.rowback.restore.plan;

/** Is told, often, how far planning is; by the thread that plans. */
@FunctionalInterface
public interface PlanningWatch {
    /**
     * So many rows were planned.
     *
     * @param touched how many the scope touched; while {@code planned} is 0 how many of them were found, and then 0 until all
     *     are
     */
    void rows(long planned, long touched);
}
