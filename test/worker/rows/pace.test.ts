import { expect, test } from 'vitest';
import { openPace } from '../../../src/worker/rows/pace.ts';

/** The sizes of pages while rows take so many milliseconds each. */
function sizes(pages: number, msPerRow: (page: number) => number): readonly number[] {
  let now = 0;
  const pace = openPace(null, () => now);
  return Array.from({ length: pages }, (_, page) => {
    const rows = pace.rows();
    now += rows * msPerRow(page);
    pace.processed(rows);
    return rows;
  });
}

test('without commit_rows, a transaction has the rows of about a second', () => {
  expect(sizes(6, () => 33)).toEqual([16, 30, 30, 30, 30, 30]);
});

test('a fast program reaches a thousand rows per transaction, a slow one goes down to one', () => {
  expect(sizes(8, () => 0.01)).toEqual([16, 32, 64, 128, 256, 512, 1000, 1000]);
  expect(sizes(6, () => 5000)).toEqual([16, 8, 4, 2, 1, 1]);
});

test('with commit_rows, a transaction has as many', () => {
  const pace = openPace(500);
  pace.processed(500);
  expect(pace.rows()).toBe(500);
});

test('pages have whole batches of the program, and at least one', () => {
  const pace = openPace(150);
  pace.fill(64);
  expect(pace.rows()).toBe(128);
  const small = openPace(16);
  small.fill(64);
  expect(small.rows()).toBe(64);
});
