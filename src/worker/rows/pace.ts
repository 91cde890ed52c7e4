/** How many rows are read and processed together. */
export interface Pace {
  /** Rows of the next page. */
  rows(): number;
  /** From now on, pages have whole batches of the program, as far as there are rows. */
  fill(batch: number): void;
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
  let rows = fixed ?? firstRows;
  let batch = 1;
  let last = clock();
  return {
    rows: () => Math.max(1, Math.floor(rows / batch)) * batch,
    fill(whole) {
      batch = whole;
    },
    processed(done) {
      if (fixed !== null) return;
      const now = clock();
      const perPage = (done * pageMs) / Math.max(now - last, 1);
      last = now;
      rows = Math.round(Math.min(Math.max(perPage, rows / 2, 1), rows * 2, mostRows));
    },
  };
}

/** For a program that needs all rows: they are one page, whose results are written in one transaction. */
export const allAtOnce: Pace = { rows: () => 2 ** 31, fill: () => {}, processed: () => {} };
