/** How many rows are read, processed and written together. */
export interface Pace {
  /** Rows of the next page. */
  rows(): number;
  /** A page has been processed. */
  processed(rows: number): void;
}

const firstRows = 16;
const mostRows = 1000;
const pageMs = 1000;

/**
 * As many rows as are processed in about a second: a killed worker loses little, progress is seen, and fast programs pay for few
 * transactions.
 * @param fixed what the statement asks for; null: nothing
 */
export function openPace(fixed: number | null, clock = () => performance.now()): Pace {
  if (fixed !== null) return { rows: () => fixed, processed: () => {} };
  let rows = firstRows;
  let last = clock();
  return {
    rows: () => rows,
    processed(done) {
      const now = clock();
      const perPage = (done * pageMs) / Math.max(now - last, 1);
      last = now;
      rows = Math.round(Math.min(Math.max(perPage, rows / 2, 1), rows * 2, mostRows));
    },
  };
}
