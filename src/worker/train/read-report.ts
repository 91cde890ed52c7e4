import { lstat, open } from 'node:fs/promises';
import * as v from 'valibot';
import { MillraceError } from '../../errors.ts';
import type { TrainingReport } from '../../ledger/trainings.ts';

/** Bytes: an image of a user's may write anything. */
const longestReport = 16 * 2 ** 20;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const metrics = v.record(v.string(), v.nullable(v.number()));

const reportSchema = v.looseObject({
  estimator: v.string(),
  kind: v.string(),
  seed: count,
  rows: count,
  rows_left_out: count,
  validation_rows: v.nullable(count),
  data_sha256: v.string(),
  classes: v.nullable(v.array(v.union([v.string(), v.number()]))),
  features: v.array(v.string()),
  inputs: v.record(v.string(), v.picklist(['number', 'text'])),
  curve: v.array(metrics),
  best: v.nullable(count),
  metrics: v.record(v.string(), metrics),
  bytes: count,
  sha256: v.string(),
  versions: v.record(v.string(), v.string()),
});

/** The report of the trainer. @throws {MillraceError} TRAIN_DEFECT */
export async function readReport(file: string): Promise<TrainingReport> {
  const read = v.safeParse(reportSchema, await readJson(file));
  if (read.success) return read.output;
  const [issue] = read.issues;
  throw new MillraceError(
    'TRAIN_DEFECT',
    `the report of the trainer cannot be read: ${v.getDotPath(issue) ?? 'report'}`,
  );
}

async function readJson(path: string): Promise<unknown> {
  const isFile = (await lstat(path).catch(() => null))?.isFile() === true;
  const file = isFile ? await open(path) : null;
  if (file === null) throw new MillraceError('TRAIN_DEFECT', 'the trainer has written no report');
  try {
    const { size } = await file.stat();
    if (size > longestReport)
      throw new MillraceError('TRAIN_DEFECT', `the report of the trainer has more than ${longestReport} bytes`);
    return JSON.parse(await file.readFile('utf8'));
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw new MillraceError('TRAIN_DEFECT', 'the report of the trainer is not JSON');
  } finally {
    await file.close();
  }
}
