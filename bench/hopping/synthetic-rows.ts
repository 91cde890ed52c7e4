import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '../../src/demo/scenes/random.ts';
import { NpyFile } from '../../src/worker/train/npy.ts';

interface Column {
  readonly name: string;
  /** null: numbers. */
  readonly dictionary: readonly string[] | null;
}

/** A boundary that a network learns slowly: waves and a product. */
export function writeWaves(folder: string, count: number, seed: number): Promise<void> {
  const random = createRandom(seed);
  const names = ['x0', 'x1', 'x2', 'x3', 'x4', 'x5', 'y'];
  return write(
    folder,
    names.map((name) => ({ name, dictionary: null })),
    count,
    () => {
      const x = names.slice(1).map(() => random.between(-1, 1));
      const level = Math.sin(4 * x[0]!) + 2 * x[1]! * x[2]! + Math.cos(5 * x[3]!) * x[4]!;
      return [...x, level > 0 ? 1 : 0];
    },
  );
}

/** Like Criteo's clicks: numbers with long tails, texts of which few are frequent, and a label that they decide in part. */
export function writeClicks(folder: string, count: number, seed: number): Promise<void> {
  const random = createRandom(seed);
  const numbers = Array.from({ length: 6 }, (_, index) => ({ name: `i${index + 1}`, dictionary: null }));
  const texts = Array.from({ length: 6 }, (_, index) => ({
    name: `c${index + 1}`,
    dictionary: Array.from({ length: 40 }, (_, code) => `c${index}-${code}`),
  }));
  // The same for all parts of a table.
  const world = createRandom(99);
  const weights = texts.map(({ dictionary }) => dictionary.map(() => world.between(-1, 1)));
  return write(folder, [...numbers, ...texts, { name: 'click', dictionary: null }], count, () => {
    const values = numbers.map(() => Math.exp(random.between(-2, 3)) - 1);
    const codes = texts.map(() => Math.floor(40 * random.between(0, 1) ** 3));
    const level =
      codes.reduce((sum, code, column) => sum + weights[column]![code]!, -0.6) +
      Math.sin(Math.log1p(values[0]! + 1) * 3) +
      Math.tanh(values[1]! / 5) * (weights[0]![codes[0]!]! > 0 ? 1.5 : -1.5);
    return [...values, ...codes, random.chance(1 / (1 + Math.exp(-2 * level))) ? 1 : 0];
  });
}

async function write(
  folder: string,
  columns: readonly Column[],
  count: number,
  row: () => readonly number[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const files = columns.map(
    ({ dictionary }, index) =>
      new NpyFile(join(folder, `${index}.npy`), dictionary === null ? '<f8' : '<i4', count + 1),
  );
  for (let written = 0; written < count; written++)
    for (const [index, value] of row().entries()) files[index]!.push(value);
  for (const file of files) await file.close();
  const described = columns.map(({ name, dictionary }) =>
    dictionary === null ? { name, kind: 'number' } : { name, kind: 'text', dictionary },
  );
  await writeFile(join(folder, 'columns.json'), JSON.stringify({ version: 1, rows: count, columns: described }));
}
