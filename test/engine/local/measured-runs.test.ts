import { expect, it } from 'vitest';
import { readMeasurements } from '../../../src/ledger/measurements.ts';
import { readSteps } from '../../../src/ledger/step-status.ts';
import { mariadb } from '../../database.ts';
import { detect, ended, submit, useSession } from '../../use-session.ts';

const test = useSession(mariadb);
const program = (into: string, options = '') => detect(12, into).replace(', "--image_size=160"', options);
const measuredRuns = () => {
  const { pool, schema } = test.session;
  return readMeasurements(pool, schema, { name: 'demo', version: null });
};

it('keeps what a run took with the measurements of its model', async () => {
  const id = await submit(test.session, program('measured'));
  expect(await ended(test.session, id)).toMatchObject({ state: 'succeeded' });
  const [step] = await readSteps(test.session.pool, test.session.schema, id);
  const { timings } = step!;
  expect(timings).toMatchObject({ rows: step!.rows, partitions: 2, device: 'cpu', batch: 1 });
  expect(timings!.totalMs).toBeGreaterThan(0);
  expect(timings!.seconds).toBeGreaterThan(timings!.startSeconds);
  expect(timings!.peakMemory).toBeGreaterThan(2 ** 26);
  expect(await measuredRuns()).toMatchObject([
    { origin: 'run', statementId: id, images: step!.rows, batch: 1, partitions: 2, digest: timings!.digest },
  ]);
});

it('keeps nothing of a run that does not tell what the model takes', async () => {
  const before = await measuredRuns();
  for (const [at, option] of ['--latency=1', '--image_size=96'].entries()) {
    const id = await submit(test.session, program(`other_${at}`, `, "${option}"`));
    expect(await ended(test.session, id)).toMatchObject({ state: 'succeeded' });
  }
  expect(await measuredRuns()).toEqual(before);
});
