import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorOfRecord, type MillraceError } from '../../errors.ts';
import { errorOf, unexplained } from './trainer-errors.ts';

/** How a container of the pod has ended: it wrote its output and exit code into the folder that the containers share. */
interface Ended {
  readonly exitCode: number;
  /** The lines of its standard output. */
  readonly lines: readonly string[];
}

/** Bytes of the output of an image of a user's that are read. */
const mostOutput = 16 * 2 ** 20;

async function endOf(folder: string, name: string): Promise<Ended> {
  const output = await readFile(join(folder, `${name}.out`)).catch(() => Buffer.of());
  const end = await readFile(join(folder, `${name}.end`), 'utf8').catch(() => '');
  const lines = output.subarray(-mostOutput).toString('utf8').split('\n');
  return { exitCode: /^\d{1,3}\s*$/.test(end) ? Number(end) : 137, lines };
}

/** Why the rows were not selected; null: they were. */
export async function selectionError(folder: string): Promise<MillraceError | null> {
  const { exitCode, lines } = await endOf(folder, 'select');
  if (exitCode === 0) return null;
  const errors = lines.flatMap((line) => errorOfRecord(objectOf(line).error as never) ?? []);
  return errors.at(-1) ?? unexplained(exitCode, null);
}

/** Why the trainer of the image failed, in its own words; null: it did not. */
export async function trainerError(folder: string): Promise<MillraceError | null> {
  const { exitCode, lines } = await endOf(folder, 'train');
  if (exitCode === 0) return null;
  const told = lines.map(objectOf).findLast(({ type }) => type === 'error');
  if (told === undefined) return unexplained(exitCode, null);
  return errorOf(String(told.code), String(told.message).slice(0, 2000), String(told.hint).slice(0, 2000));
}

function objectOf(line: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}
