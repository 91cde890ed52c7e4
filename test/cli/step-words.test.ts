import { expect, test } from 'vitest';
import { countedAs, isOverRows, verbOf } from '../../src/cli/step-words.ts';

test('a step counts what its program names, and rows if the command line does not know the program', () => {
  expect(countedAs({ program: 'detect', outputs: 'detections' })).toEqual({ inputs: 'images', outputs: 'detections' });
  expect(countedAs({ program: 'detect', outputs: 'rows' })).toEqual({ inputs: 'images', outputs: 'rows' });
  for (const program of [null, 'of a newer server', 'constructor'])
    expect(countedAs({ program, outputs: null })).toEqual({ inputs: 'rows', outputs: 'outputs' });
});

test('a foreign image also runs over rows', () => {
  const kinds = ['sql', 'run', 'foreign'] as const;
  expect(kinds.map((kind) => [verbOf({ kind }), isOverRows({ kind })])).toEqual([
    ['sql', false],
    ['run', true],
    ['run', true],
  ]);
});
