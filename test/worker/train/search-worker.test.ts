import { beforeAll, describe, expect, it } from 'vitest';
import { type ErrorCode, MillraceError } from '../../../src/errors.ts';
import { migrate } from '../../../src/ledger/migrate.ts';
import { addTrials, readTrials, type TrialPlace } from '../../../src/ledger/trials.ts';
import type { SearchRun } from '../../../src/worker/train/search/search-run.ts';
import { workOnTrials } from '../../../src/worker/train/search/search-worker.ts';
import type { UnitRunner } from '../../../src/worker/train/search/unit-runner.ts';
import { mariadb, useDatabase } from '../../database.ts';

describe('A worker of a search', () => {
  const database = useDatabase(mariadb);
  beforeAll(() => migrate(database.pool, database.systemSchema));

  const placeOf = (statement: string): TrialPlace => ({
    ...{ pool: database.pool, schema: database.systemSchema, statement, step: 'step-1' },
  });

  /** A stand-in for trainers: the first trial fails with `code`, as often as `failures` says. */
  async function work(code: ErrorCode, failures: number) {
    const place = placeOf(code);
    const trial = { estimator: 'stub', parameters: {}, unitsDue: 1, unitsMost: 1 };
    await addTrials(place, 0, [trial, trial]);
    let failed = 0;
    const runner: UnitRunner = {
      async run({ trial: number }) {
        if (number === 0 && failed++ < failures) throw new MillraceError(code, 'it said so');
        return {
          ...{ checkpoint: `state-${number}`, seconds: 0.1, parts: null, trainLoss: null },
          measured: { loss: number, metrics: {} },
        };
      },
      drop: async () => {},
      hasDied: () => true,
      close: async () => {},
    };
    const search = { driver: 'grid', mode: 'task', workers: 1, shards: 1, trials: 2 };
    const run = { place, search, signal: new AbortController().signal } as unknown as SearchRun;
    await workOnTrials(run, { worker: 0, runner, mostAttempts: 3 });
    return readTrials(place);
  }

  it.each(['TRAIN_DIVERGED', 'TRAIN_ATTRIBUTE_VALUE', 'TRAIN_DEFECT'] as const)(
    'ends a trial that fails with %s, and goes on with the others',
    async (code) => {
      expect(await work(code, 1)).toMatchObject([{ state: 'failed', error: 'it said so' }, { state: 'done' }]);
    },
  );

  it('repeats a unit whose trainer was killed, some times', async () => {
    expect(await work('TRAIN_MEMORY', 2)).toMatchObject([{ state: 'done' }, { state: 'done' }]);
  });

  it('ends the search if files cannot be written, and goes on with the same trials later', async () => {
    await expect(work('TRAIN_FILES', 1)).rejects.toMatchObject({ code: 'TRAIN_FILES' });
    expect(await readTrials(placeOf('TRAIN_FILES'))).toMatchObject([{ state: 'open' }, { state: 'open' }]);
    expect(await work('TRAIN_FILES', 0)).toMatchObject([{ state: 'done' }, { state: 'done' }]);
  });
});
