import { expect, it } from 'vitest';
import { logText } from '../../src/cli/log-text.ts';

const time = '2026-11-27T02:40:00.123Z';
const line = (source: string, record: object | string) =>
  logText({ step: 'step-1', source, text: typeof record === 'string' ? record : JSON.stringify(record) });

it('shows time, level, source, message and fields in columns', () => {
  expect(
    [
      line('prepare', { level: 30, time, rows: 200, partitions: 2, msg: 'selection ready' }),
      line('partition-12', { level: 30, time, partition: 12, model: { name: 'demo' }, msg: 'model loaded' }),
      line('finish', { level: 40, time, reason: 'no more rows', msg: 'ended' }),
    ].join('\n'),
  ).toBe(
    `2026-11-27 02:40:00.123  info   step-1 prepare         selection ready  rows=200  partitions=2
2026-11-27 02:40:00.123  info   step-1 partition-12    model loaded  partition=12  model={"name":"demo"}
2026-11-27 02:40:00.123  warn   step-1 finish          ended  reason="no more rows"`,
  );
});

it('shows an error with its code and hint, and no stack trace', () => {
  const error = { code: 'MODEL_INVALID', message: 'x.onnx holds no model', hint: 'export it again' };
  expect(line('prepare', { level: 50, time, error, stack: 'Error\n  at x', msg: 'failed' })).toBe(
    '2026-11-27 02:40:00.123  error  step-1 prepare         failed  MODEL_INVALID: x.onnx holds no model (export it again)',
  );
});

it.each([
  'loading weights',
  '{"a": 1}',
  '{broken',
  '[1]',
  '{"level": 99, "time": "now"}',
  'null',
  '{"level":30,"time":1}',
])('shows %s, which another program wrote, unchanged', (text) => {
  expect(line('partition-0', text)).toBe(`${' '.repeat(32)}step-1 partition-0     ${text}`);
});

it('escapes control characters, and keeps a record on one line', () => {
  expect(line('finish', { level: 30, time, name: 'a\u202eb', msg: 'x\u001b[31m\ny' })).toMatch(
    /finish {9} x␛\[31m␊y {2}name=a\\u202eb$/,
  );
  expect(line('finish', 'a\u001bb\u009b')).toMatch(/ a␛b\\u009b$/);
});
