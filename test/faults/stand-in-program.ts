import { setTimeout as sleep } from 'node:timers/promises';
import type { AskedModel, Outcome, RowProgram } from '../../src/worker/row-program.ts';
import type { Faults } from './faulty-process.ts';

// What else the worker takes from there.
export * from '../../src/worker/programs/programs.ts';

/** Stands in for the image programs: its outputs follow from the row's text alone. */
export function rowProgram(): RowProgram {
  const { badRows, slowMs } = JSON.parse(process.env.MILLRACE_FAULTS ?? '') as Faults;
  return {
    inputs: 'words',
    numbering: 'number',
    columns: [
      { name: 'letter', type: 'text' },
      { name: 'code', type: 'count' },
      { name: 'share', type: 'real', decimals: 3 },
    ],
    readColumns: () => ['word'],
    open: async () => ({
      async process(rows) {
        await sleep(slowMs);
        return rows.map(([word]) => outcomeOf(String(word), badRows));
      },
      close: async () => {},
    }),
  };
}

function outcomeOf(word: string, badRows: boolean): Outcome {
  if (badRows && word.includes('7')) return { error: { code: 'IMAGE_MISSING', message: `missing: ${word}` } };
  return { outputs: outputsOf(word), timings: { decodeMs: 0.1, inferMs: 0.1 }, asked: askedOf(word) };
}

/** None for some words. */
export function outputsOf(word: string): readonly (readonly [string, number, number])[] {
  const letters = [...word].slice(0, word.length % 4);
  return letters.map((letter, index) => [letter, letter.codePointAt(0)!, (index + 1) / word.length]);
}

/** One to three models, as of a program that asks several. */
export function askedOf(word: string): readonly AskedModel[] {
  const models = 1 + (word.length % 3);
  return Array.from({ length: models }, (_, model) => {
    const isStored = word.length % 2 === model % 2;
    return { model, isLast: model === models - 1, isStored, inferMs: isStored ? 0 : 0.25 };
  });
}
