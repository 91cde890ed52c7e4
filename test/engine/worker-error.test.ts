import { expect, it } from 'vitest';
import { workerError } from '../../src/engine/worker-error.ts';
import { errorRecord } from '../../src/errors.ts';

const said = { code: 'MODEL_MISSING', message: 'there is no model x', hint: 'export it' };

it('reads the error from the line in which the worker reports its failure', () => {
  const error = workerError(JSON.stringify({ level: 50, error: said, msg: 'failed' }));
  expect(errorRecord(error)).toEqual(said);
});

it.each([
  ['a line of text', 'error: no model'],
  ['a line without an error', '{"level":30,"msg":"partition done"}'],
  ['half a line', '{"error":{"code":"MODEL_MISSING"'],
  ['an error of a foreign image', '{"error":{"code":"E42","message":"disk on fire"}}'],
  ['an error without a message', '{"error":{"code":"MODEL_MISSING"}}'],
  ['a list', '[{"error":1}]'],
  ['null', '{"error":null}'],
])('reads no error from %s', (_what, line) => {
  expect(workerError(line)).toBe(null);
});
