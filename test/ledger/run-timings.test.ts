import type { RowDataPacket } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { timingsOf } from '../../src/ledger/run-timings.ts';

const at = (second: number) => `2026-11-27 10:00:${String(second).padStart(2, '0')}.000000`;
const partition = (start: number, end: number, more: object = {}) =>
  ({
    state: 'done',
    done_rows: '100',
    attempt: 1,
    decode_ms: '400',
    infer_ms: '2000',
    process_ms: '4000',
    peak_memory: '1000',
    device: 'cpu',
    batch: 1,
    digest: 'd',
    started_at: at(start),
    finished_at: at(end),
    ...more,
  }) as unknown as RowDataPacket;

describe('the timings of a step', () => {
  it('tell how many workers drew partitions at once, what a row takes, and what its workers take beside the rows', () => {
    const [one, other] = [{ worker_no: 0 }, { worker_no: 1 }];
    // A worker draws the next partition before it has closed the last.
    const drawn = [
      partition(1, 6, one),
      partition(1, 6, other),
      partition(5, 12, other),
      partition(6, 12, { ...one, peak_memory: '3000' }),
    ];
    expect(timingsOf(at(0), drawn)).toEqual({
      seconds: 12,
      startSeconds: 4,
      rows: 400,
      partitions: 4,
      atOnce: 2,
      decodeMs: 4,
      inferMs: 20,
      totalMs: 40,
      peakMemory: 3000,
      device: 'cpu',
      batch: 1,
      digest: 'd',
    });
  });

  it('count workers that follow each other without a pause as one at a time', () => {
    expect(timingsOf(at(0), [partition(1, 6, { worker_no: 0 }), partition(6, 11, { worker_no: 1 })])).toMatchObject({
      atOnce: 1,
    });
  });

  it('leave out partitions without rows', () => {
    const empty = partition(1, 1, { done_rows: '0', process_ms: null, digest: null });
    expect(timingsOf(at(0), [partition(1, 6), empty])).toMatchObject({ partitions: 1, rows: 100 });
  });

  it.each([
    ['a partition is running', { state: 'running' }],
    ['a partition was started twice', { attempt: 2 }],
    ['the program has no model', { process_ms: null }],
    ['nothing was processed', { done_rows: '0' }],
  ])('are not known if %s', (_, more) => {
    expect(timingsOf(at(0), [partition(1, 6, more)])).toBeNull();
  });
});
