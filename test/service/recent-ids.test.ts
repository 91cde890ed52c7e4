import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isNew, mayBeUnrecorded } from '../../src/service/recent-ids.ts';

/** An id that was made some time ago. */
function madeAgo(ms: number): string {
  const time = (Date.now() - ms).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}${randomUUIDv7().slice(13)}`;
}

describe('a query that was answered at once', () => {
  it.each([
    [0, true, true],
    [600_000, false, false],
    [2_500, false, true],
    // Another server's clock may be ahead.
    [-2_500, false, true],
    [-600_000, false, false],
  ])('%i ms ago: may be recorded later %s, may be unrecorded %s', (ms, late, unrecorded) => {
    expect([isNew(madeAgo(ms)), mayBeUnrecorded(madeAgo(ms))]).toEqual([late, unrecorded]);
  });

  it('has an id with a time in it', () => {
    expect([isNew(randomUUIDv7()), mayBeUnrecorded(randomUUID())]).toEqual([true, false]);
  });
});
