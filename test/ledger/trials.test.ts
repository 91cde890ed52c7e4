import { beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '../../src/ledger/migrate.ts';
import { searchProgress } from '../../src/ledger/search-progress.ts';
import { commitUnit, recordCommit } from '../../src/ledger/trial-commits.ts';
import { readTrialFile, removeTrialFiles, storeTrialFile } from '../../src/ledger/trial-files.ts';
import { type ClaimedUnit, type Claimer, claimUnit, releaseUnit, renewLease } from '../../src/ledger/trial-leases.ts';
import { hopShare, readVisits } from '../../src/ledger/trial-visits.ts';
import {
  addTrials,
  clearTrials,
  endTrial,
  promoteTrials,
  readTrials,
  stopPaused,
  type TrialPlace,
} from '../../src/ledger/trials.ts';
import { nextUnit } from '../../src/plan/hopping/next-unit.ts';
import { servers, useDatabase } from '../database.ts';

const SHARDS = 3;
const EPOCHS = 2;

describe.each(servers)('Trials of a search on $name', (server) => {
  const database = useDatabase(server);
  let place: TrialPlace;

  beforeEach(async () => {
    await migrate(database.pool, database.systemSchema);
    place = { pool: database.pool, schema: database.systemSchema, statement: 'a-search', step: 'step-1' };
    await clearTrials(place);
  });

  const add = (count: number, due = SHARDS * EPOCHS) =>
    addTrials(
      place,
      0,
      Array.from({ length: count }, (_, x) => ({
        ...{ estimator: 'stub', parameters: { x }, unitsDue: due, unitsMost: SHARDS * EPOCHS },
      })),
    );
  const claim = (worker = 0, others: Partial<Claimer> = {}) =>
    claimUnit(place, {
      ...{ worker, shards: SHARDS, own: [0, 1, 2], round: null, leaseSeconds: 600, mostAttempts: 5 },
      ...others,
    });
  /** A stub: the state after a unit says which units it has seen. */
  const commit = (unit: ClaimedUnit, seconds = 1, loss: number | null = null) =>
    commitUnit(place, { worker: 0, shards: SHARDS }, unit, {
      checkpoint: `${unit.trial}.${unit.unit}`,
      seconds,
      parts: { rows: 0, load: 0.01, hash: 0.01, save: 0.03 },
      trainLoss: 0.5,
      measured: unit.endsEpoch ? { loss, metrics: { accuracy: 1 } } : null,
    });

  it('visit every shard once per epoch, whoever works on them and whoever dies', async () => {
    await add(5);
    const work = async (worker: number) => {
      for (let count = 0; ; count++) {
        const unit = await claim(worker, { own: [worker % SHARDS] });
        if (unit === null) {
          if ((await searchProgress(place)).open === 0) return;
          continue;
        }
        // Some die in a unit, and their process gives the model back.
        if (count % 4 === 3) await releaseUnit(place, unit);
        else await commit(unit);
      }
    };
    await Promise.all([0, 1, 2].map(work));
    const visits = await readVisits(place);
    expect(visits).toHaveLength(5 * SHARDS * EPOCHS);
    expect(new Set(visits.map(({ trial, epoch, shard }) => `${trial}/${epoch}/${shard}`)).size).toBe(visits.length);
    for (const [trial, own] of Map.groupBy(visits, (visit) => visit.trial)) {
      expect(own.map(({ epoch }) => epoch)).toEqual([0, 0, 0, 1, 1, 1]);
      expect(own.map(({ digestIn }) => digestIn)).toEqual([
        null,
        ...own.slice(0, -1).map(({ digestOut }) => digestOut),
      ]);
      expect(own.at(-1)?.digestOut).toBe(`${trial}.${SHARDS * EPOCHS - 1}`);
    }
    expect(await searchProgress(place)).toMatchObject({ trials: 5, open: 0, unitsDone: 30, unitsDue: 30 });
  });

  it('are taken over once their lease has run out, and then the first worker cannot commit', async () => {
    await add(1);
    const slept = (await claim(0, { leaseSeconds: 0 }))!;
    const other = (await claim(1))!;
    expect(other).toMatchObject({ trial: 0, shard: 0, fence: slept.fence + 1, attempt: 2 });
    await expect(commit(slept)).rejects.toMatchObject({ code: 'TRIAL_TAKEN' });
    expect(await renewLease(place, slept, 60)).toBe(false);
    await commit(other);
    // An answer of the database was lost: the commit is repeated.
    await commit(other);
    await expect(commit(slept)).rejects.toMatchObject({ code: 'TRIAL_TAKEN' });
    expect(await readVisits(place)).toMatchObject([{ unit: 0, attempt: 2, digestOut: '0.0' }]);
  });

  it('can be committed by a worker that slept if nobody has taken them', async () => {
    await add(1);
    await commit((await claim(0, { leaseSeconds: 0 }))!);
    expect(await readVisits(place)).toHaveLength(1);
  });

  it('are claimed as the scheduler says: longest remaining work first', async () => {
    await add(4);
    const seconds = [2, 7, 3, 7];
    for (let trial = 0; trial < 4; trial++) {
      const unit = (await claim(0, { own: [0] }))!;
      expect(unit.trial).toBe(trial);
      await commit(unit, seconds[trial]);
    }
    const claimed: ClaimedUnit[] = [];
    for (let worker = 0; worker < 3; worker++) claimed.push((await claim(worker, { own: [1] }))!);
    const models = seconds.map((unitSeconds) => ({ unitSeconds, epoch: 0, visited: new Set([0]), isBusy: false }));
    const expected: (number | null)[] = [];
    for (let worker = 0; worker < 3; worker++) {
      const next = nextUnit(models, 1, { shards: SHARDS, epochs: EPOCHS })!;
      expected.push(next);
      models[next]!.isBusy = true;
    }
    expect(claimed.map(({ trial }) => trial)).toEqual(expected);
  });

  it('take a shard that another worker holds only if their own has no model', async () => {
    await add(1);
    expect(await claim(0, { own: [2] })).toMatchObject({ shard: 2 });
    await clearTrials(place);
    await add(1);
    await commit((await claim(0, { own: [2] }))!);
    expect(await claim(0, { own: [2] })).toMatchObject({ shard: 0 });
  });

  it('fail after several deaths in one unit, and with what is wrong with their parameters', async () => {
    await add(2);
    for (let attempt = 0; attempt < 2; attempt++) await releaseUnit(place, (await claim(0, { mostAttempts: 2 }))!);
    const other = (await claim(0, { mostAttempts: 2 }))!;
    expect(other.trial).toBe(1);
    await endTrial(place, other, { code: 'TRAIN_DIVERGED', message: 'the loss is not a number' });
    const trials = await readTrials(place);
    expect(trials).toMatchObject([
      { state: 'failed', error: expect.stringContaining('died 2 times') },
      { state: 'failed', error: 'the loss is not a number' },
    ]);
    expect(await claim()).toBeNull();
  });

  it('keep the state after their best epoch, and tell which states are needed no more', async () => {
    const epochs = 4;
    await addTrials(place, 0, [{ estimator: 'stub', parameters: {}, unitsDue: 12, unitsMost: epochs * SHARDS }]);
    const losses = [0.5, null, 0.4, 0.6];
    const dropped: string[] = [];
    for (let unit = await claim(); unit !== null; unit = await claim())
      dropped.push(...(await commit(unit, 1, losses[unit.epoch])));
    expect(await readTrials(place)).toMatchObject([
      { state: 'done', epochs: 4, bestEpoch: 3, checkpoint: '0.8', loss: 0.4, metrics: { accuracy: 1 } },
    ]);
    const states = Array.from({ length: epochs * SHARDS }, (_, unit) => `0.${unit}`);
    expect(dropped.toSorted()).toEqual(states.filter((state) => !['0.8', '0.11'].includes(state)).toSorted());
  });

  it('are trained in rounds if the next ones wait: each model of a round on a shard of its own', async () => {
    await add(3);
    const rounds: string[][] = [];
    for (;;) {
      const claimed: ClaimedUnit[] = [];
      for (let unit = await claim(0, { round: 2 }); unit !== null; unit = await claim(1, { round: 2 }))
        claimed.push(unit);
      if (claimed.length === 0) break;
      rounds.push(claimed.map(({ trial, epoch, shard }) => `${trial}/${epoch}/${shard}`));
      for (const unit of claimed) await commit(unit);
    }
    const epoch = (number: number) => [
      ...[0, 1, 2].map((turn) => [0, 1].map((trial) => `${trial}/${number}/${(trial + turn) % SHARDS}`)),
      ...[0, 1, 2].map((turn) => [`2/${number}/${(2 + turn) % SHARDS}`]),
    ];
    expect(rounds).toEqual([...epoch(0), ...epoch(1)]);
    expect(await readTrials(place)).toMatchObject(Array.from({ length: 3 }, () => ({ state: 'done' })));
  });

  it('tell what part of their time goes to hopping', async () => {
    await add(1);
    const unit = (await claim())!;
    await commit({ ...unit, claimSeconds: 0.05 }, 0.9);
    await recordCommit(place, unit, 0.05);
    const visits = await readVisits(place);
    expect(visits).toMatchObject([
      { seconds: 0.9, claimSeconds: 0.05, commitSeconds: 0.05, parts: { rows: 0, load: 0.01, hash: 0.01, save: 0.03 } },
    ]);
    expect(hopShare(visits)).toBeCloseTo(0.15);
    expect(hopShare([])).toBeNull();
  });

  it('pause at a rung until they are promoted or stopped', async () => {
    await add(2, SHARDS);
    for (let unit = await claim(); unit !== null; unit = await claim()) await commit(unit, 1, unit.trial);
    expect(await readTrials(place)).toMatchObject([
      { state: 'paused', epochs: 1, loss: 0, metrics: { accuracy: 1 } },
      { state: 'paused', epochs: 1, loss: 1 },
    ]);
    expect(await promoteTrials(place, () => [{ trial: 0, unitsDue: SHARDS * EPOCHS }])).toBe(1);
    for (let unit = await claim(); unit !== null; unit = await claim()) await commit(unit, 1, -1);
    await stopPaused(place);
    expect(await readTrials(place)).toMatchObject([{ state: 'done', epochs: 2, loss: -1 }, { state: 'stopped' }]);
  });

  it('have files in the database until they are removed', async () => {
    const bytes = Buffer.alloc(5_000_000, 'state');
    const store = (digest: string, file: Buffer) =>
      storeTrialFile(place, { digest, size: file.length }, async (start, length) =>
        file.subarray(start, start + length),
      );
    const read = async (digest: string) => {
      const chunks: Buffer[] = [];
      const isThere = await readTrialFile(place, digest, async (chunk) => chunks.push(chunk));
      return isThere ? Buffer.concat(chunks) : null;
    };
    await store('a'.repeat(64), bytes);
    await store('a'.repeat(64), bytes);
    await store('b'.repeat(64), Buffer.alloc(0));
    expect((await read('a'.repeat(64)))?.equals(bytes)).toBe(true);
    expect(await read('b'.repeat(64))).toHaveLength(0);
    await removeTrialFiles(place, 'a'.repeat(64));
    expect(await read('a'.repeat(64))).toBeNull();
    await removeTrialFiles(place, null);
    expect(await read('b'.repeat(64))).toBeNull();
  });
});
