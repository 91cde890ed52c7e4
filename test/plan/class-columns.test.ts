import { expect, test } from 'vitest';
import { scoresShape } from '../../src/programs/class-columns.ts';
import { addedColumns } from '../../src/programs/contract.ts';
import { imagenetClasses } from '../../src/programs/imagenet-classes.ts';
import { maxSelectedColumns } from '../../src/task.ts';

test('a class named as an earlier one is a column with its id', () => {
  expect(addedColumns(scoresShape(['crane', 'cat', 'Crane']))).toEqual(['crane', 'cat', 'Crane 2']);
});

test("ImageNet's classes are columns of a table that has room for selected ones", () => {
  const { columns } = scoresShape(imagenetClasses);
  const names = addedColumns(scoresShape(imagenetClasses)).map((name) => name.toLowerCase());
  expect(new Set(names).size).toBe(1000);
  expect(Math.max(...names.map((name) => name.length))).toBeLessThanOrEqual(64);
  expect(new Set(columns.map(({ type }) => type))).toEqual(new Set(['single']));
  expect(maxSelectedColumns(names)).toBeGreaterThan(10);
});
