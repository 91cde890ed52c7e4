import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readMeasurements } from '../../../src/ledger/measurements.ts';
import { readSteps } from '../../../src/ledger/step-status.ts';
import { explain } from '../../../src/service/explain.ts';
import { viewStatement } from '../../../src/service/statement-view.ts';
import { mariadb } from '../../database.ts';
import { detect, ended, submissionOf, submit, useSession } from '../../use-session.ts';
import { onnxModel } from '../../worker/onnx-model.ts';

const test = useSession(mariadb);
const program = (into: string, options = '') =>
  detect(12, into, 'partitions = 2').replace(', "--image_size=160"', options);
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

it('predicts the next run, counts its rows where it is explained, and tells what became of the prediction', async () => {
  const submission = await submissionOf(test.session, program('predicted'));
  const { text } = await explain(test.session, submission);
  expect(text).toMatch(/ {2}predict {3}[\d.]+ s for 12 images, [\d.]+ images\/s, \d+ MiB a partition/);
  expect(text).toMatch(/ {2}measured {2}\d{4}-\d\d-\d\d over 12 images on cpu, batch 1 \(1 run\)/);
  await test.session.engine.submit(submission);
  const status = await ended(test.session, submission.id);
  const [step] = (await viewStatement(test.session, status)).steps;
  expect(step!.predicted).toMatchObject({ measured: { device: 'cpu', batch: 1, runs: 1, images: 12 } });
  expect(step!.timings).toMatchObject({ rows: 12, partitions: 2 });
  expect(step!.predicted!.seconds).toBeGreaterThan(step!.timings!.seconds / 5);
  expect(step!.predicted!.seconds).toBeLessThan(step!.timings!.seconds * 5);
});

it("chooses the number of partitions for 'auto' by the measurements and the rows of the query", async () => {
  const auto = program('automatic').replace('partitions = 2', "partitions = 'auto'");
  const { plan } = await submissionOf(test.session, auto);
  const [step] = plan.steps;
  expect(step).toMatchObject({ cost: { images: 12 }, choices: [expect.stringContaining('the least predicted time')] });
});

it('finds the measurements of a model with its weights in another file, until they change', async () => {
  const weights = new Float32Array(6 * 21).fill(0.25);
  const sketch = { outputs: [{ dims: [1, 6, 21], values: weights }], metadata: { names: "['cat', 'dog']" } };
  const { folder } = test.pictures;
  await writeFile(join(folder, 'apart.onnx'), onnxModel({ ...sketch, externalFile: 'apart.data' }));
  await writeFile(join(folder, 'apart.data'), weights);
  const sql = (into: string) => program(into).replace('--model=demo', '--model=/datasets/apart.onnx');
  expect(await ended(test.session, await submit(test.session, sql('apart')))).toMatchObject({ state: 'succeeded' });
  const costOf = async (into: string) => (await submissionOf(test.session, sql(into))).plan.steps[0];
  expect(await costOf('apart_again')).toMatchObject({ cost: { measured: { runs: 1, images: 12 } } });
  await writeFile(join(folder, 'apart.data'), Buffer.concat([Buffer.from(weights.buffer), Buffer.from('more')]));
  expect(await costOf('apart_again')).not.toHaveProperty('cost');
});

// The 12 rows name 6 pictures.
it('predicts an evaluation from evaluations', async () => {
  const evaluate = (into: string, attributes = '') => `SELECT id AS image_id, file_name FROM shot WHERE id <= 12
TO EVALUATE demo WITH image_dir = "/datasets", partitions = 2${attributes} LABEL measured INTO ${into}`;
  const explained = async (sql: string) => (await explain(test.session, await submissionOf(test.session, sql))).text;
  expect(await explained(evaluate('first'))).toContain('no evaluation of this model on this device was measured yet');
  for (const sql of [evaluate('first', ', image_size = 96'), evaluate('second')])
    expect(await ended(test.session, await submit(test.session, sql))).toMatchObject({ state: 'succeeded' });
  const text = await explained(evaluate('third'));
  expect(text).toMatch(/ {2}predict {3}[\d.]+ s for 12 images/);
  expect(text).toMatch(/ {2}measured {2}\d{4}-\d\d-\d\d over 6 images on cpu, batch 1 \(1 evaluation\)/);
  expect(await explained(program('again'))).toMatch(/over 24 images on cpu, batch 1 \(2 runs\)/);
});

it('keeps nothing of a run that does not tell what the model takes', async () => {
  const before = await measuredRuns();
  for (const [at, option] of ['--latency=1', '--image_size=96'].entries()) {
    const id = await submit(test.session, program(`other_${at}`, `, "${option}"`));
    expect(await ended(test.session, id)).toMatchObject({ state: 'succeeded' });
  }
  expect(await measuredRuns()).toEqual(before);
});
