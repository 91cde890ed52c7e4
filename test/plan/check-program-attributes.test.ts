import { expect, test } from 'vitest';
import type { MillraceError } from '../../src/errors.ts';
import { checkProgramAttributes } from '../../src/plan/check-program-attributes.ts';
import type { ProgramContract } from '../../src/programs/contract.ts';
import { programs } from '../../src/programs/programs.ts';
import { parseProgram } from '../../src/sql/parse.ts';
import type { RunStatement } from '../../src/sql/statement.ts';

function mistakes(program: ProgramContract, attributes: string, partitions: number): readonly string[] {
  const { statements } = parseProgram(`SELECT a TO RUN i CMD "p" WITH ${attributes} INTO t`);
  const errors: MillraceError[] = [];
  checkProgramAttributes(statements[0] as RunStatement, program, { partitions }, (error) => errors.push(error));
  return errors.map(({ code, message }) => `${code}: ${message}`);
}

test('refuses an attribute that has no effect on the program', () => {
  const unusing = { ...programs.detect, name: 'count', unusedAttributes: ['gpu'] };
  expect(mistakes(unusing, 'partitions = 2, gpu = 1', 2)).toEqual([
    "UNKNOWN_ATTRIBUTE: the attribute 'gpu' has no effect on count",
  ]);
  expect(mistakes(programs.detect, 'partitions = 2, gpu = 1', 2)).toEqual([]);
});

test('refuses partitions for a program that needs all rows at once', () => {
  const whole = { ...programs.detect, name: 'train', rows: 'whole' } as const;
  expect(mistakes(whole, 'partitions = 2', 2)).toEqual([
    'WRONG_ATTRIBUTE: train needs all rows at once; they cannot be split into partitions',
  ]);
  expect(mistakes(whole, 'partitions = 1', 1)).toEqual([]);
});
