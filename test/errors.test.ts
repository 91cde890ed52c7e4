import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { errorPage } from '../src/error-page.ts';
import {
  type ErrorCode,
  type ErrorKind,
  errorKinds,
  errorOfRecord,
  errorRecord,
  errorTable,
  MillraceError,
  mayPass,
} from '../src/errors.ts';

const inProject = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const entries = Object.entries(errorTable);

test('docs/errors.md is as npm run build:errors writes it', () => {
  expect(inProject('docs/errors.md')).toBe(errorPage());
});

test('the README names each exit code', () => {
  const [, list = ''] = /Exit codes: ([^.]*)\. /.exec(inProject('README.md')) ?? [];
  const named = [...list.matchAll(/(?:^|,)\s*(\d+) /g)].map(([, code]) => Number(code));
  const byNumber = (a: number, b: number) => a - b;
  // 141: 128 + SIGPIPE, which is no error.
  const expected = [0, ...Object.values(errorKinds).map(({ exitCode }) => exitCode), 141];
  expect(named).toEqual([...new Set(expected)].toSorted(byNumber));
});

describe('the table', () => {
  it.each(entries)('%s says what is wrong and what to do', (_code, { meaning, hint }) => {
    for (const text of [meaning, hint]) expect(text).toMatch(/^\S.*[^.\s]$/);
    expect(hint).not.toBe(meaning);
  });

  it('names no HTTP request in a hint, because the command line shows it, too', () => {
    for (const [, { hint }] of entries) expect(hint).not.toMatch(/\b(GET|POST|DELETE) \//);
  });

  it('files under "busy" what is answered with 429, and nothing else: a busy server is not a wrong statement', () => {
    const busy = entries.filter(([, { kind }]) => kind === 'busy').map(([code]) => code);
    expect(busy).toEqual(['TOO_MANY_REQUESTS', 'TOO_MANY_STATEMENTS', 'TOO_MANY_STREAMS']);
    expect(entries.filter(([, { status }]) => status === 429).map(([code]) => code)).toEqual(busy);
  });

  it('has status 4xx if the caller can correct it, and 5xx if only an administrator can', () => {
    const callers: readonly ErrorKind[] = ['statement', 'request', 'busy'];
    // Whoever runs the database decides about privileges; the session is gone for good: the caller starts another.
    const others: readonly string[] = ['DATABASE_RIGHTS', 'SESSION_LOST'];
    const wrong = entries.filter(([code, { kind, status }]) => {
      if (status === null) return false;
      const expected = callers.includes(kind) || others.includes(code) ? 4 : 5;
      return Math.floor(status / 100) !== expected;
    });
    expect(wrong).toEqual([]);
  });

  it('lets clients retry what may succeed later', () => {
    expect(entries.filter(([, { mayPass }]) => mayPass).map(([code]) => code)).toEqual([
      'REQUEST_TOO_SLOW',
      'SERVER_UNREACHABLE',
      'KUBERNETES_UNREACHABLE',
      'DATABASE_UNREACHABLE',
      'DATABASE_BUSY',
      'BUCKET_UNAVAILABLE',
      'TOO_MANY_REQUESTS',
      'TOO_MANY_STATEMENTS',
      'TOO_MANY_STREAMS',
    ]);
    expect(mayPass(new MillraceError('DATABASE_BUSY', 'a deadlock'))).toBe(true);
    expect(mayPass(new MillraceError('QUERY_FAILED', 'a division by zero'))).toBe(false);
    expect(mayPass(new Error('DATABASE_BUSY'))).toBe(false);
  });

  it.each(['bin/millrace.js', 'scripts/setup.sh'])(
    'has the errors of %s, which runs where it cannot be read',
    (file) => {
      const text = inProject(file);
      const found = [...text.matchAll(/error\[(\w+)\][\s\S]*?(?:exitCode = |exit )(\d+)/g)];
      expect(found.length).toBe(1);
      for (const [, code, exit] of found) {
        expect(errorTable).toHaveProperty(code!);
        expect(Number(exit)).toBe(errorKinds[errorTable[code as ErrorCode].kind].exitCode);
      }
    },
  );
});

describe('an error', () => {
  it("has the table's hint by default", () => {
    expect(new MillraceError('SYNTAX', 'this', { hint: 'write that' }).hint).toBe('write that');
    expect(new MillraceError('SYNTAX', 'this').hint).toBe(errorTable.SYNTAX.hint);
  });

  it('is the same after a conversion to data and back, even from another version', () => {
    const error = new MillraceError('ROWS_FAILED', '3 of 200 rows failed', { hint: 'replace the files' });
    const record = errorRecord(error);
    expect(record).toEqual({ code: 'ROWS_FAILED', message: '3 of 200 rows failed', hint: 'replace the files' });
    expect(errorOfRecord(JSON.parse(JSON.stringify(record)))).toEqual(error);
    expect(errorOfRecord({ ...record, hint: null })?.hint).toBe(errorTable.ROWS_FAILED.hint);
    for (const other of [{ ...record, code: 'OF_TOMORROW' }, { ...record, code: 'toString' }, { code: 'SYNTAX' }, null])
      expect(errorOfRecord(other)).toBe(null);
  });

  it('from anything else is a defect', () => {
    expect(errorRecord(new TypeError('x is undefined'))).toEqual({
      code: 'INTERNAL',
      message: 'x is undefined',
      hint: errorTable.INTERNAL.hint,
    });
  });

  it('ends the command with the exit code of its kind', () => {
    expect(new MillraceError('TOO_MANY_STREAMS', 'there are 100').exitCode).toBe(75);
    expect(new MillraceError('USAGE', 'no such option').exitCode).toBe(2);
    expect(new MillraceError('INTERNAL', 'a defect').exitCode).toBe(70);
  });
});
