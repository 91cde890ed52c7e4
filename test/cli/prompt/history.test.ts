import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinLines, readHistory, writeHistory } from '../../../src/cli/prompt/history.ts';

describe('the history file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-history-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('returns the typed entries, and only its owner can read it', async () => {
    const file = join(folder, 'new', 'history');
    await writeHistory(file, ['SELECT 2;', 'SELECT 1;']);
    expect(await readHistory(file)).toEqual(['SELECT 2;', 'SELECT 1;']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('contains no statement with a password', async () => {
    const file = join(folder, 'secrets');
    await writeHistory(file, ["CREATE USER a IDENTIFIED BY 'hunter2';", "SET PASSWORD = 'hunter2';", 'SELECT 1;']);
    expect(await readFile(file, 'utf8')).toBe('SELECT 1;\n');
  });

  it('is empty if it does not exist', async () => {
    expect(await readHistory(join(folder, 'absent'))).toEqual([]);
  });
});

describe('the lines of a statement', () => {
  it('become one entry', () => {
    const history = ['INTO d;', 'TO RUN a', 'SELECT 1', 'older'];
    joinLines(history, ['SELECT 1', '', '  TO RUN a', 'INTO d;']);
    expect(history[0]).toBe('SELECT 1 TO RUN a INTO d;');
    expect(history.at(-1)).toBe('older');
  });

  it('stay separate if one of them ends with a comment', () => {
    const history = [';', 'SELECT 1 -- one'];
    joinLines(history, ['SELECT 1 -- one', ';']);
    expect(history).toEqual([';', 'SELECT 1 -- one']);
  });
});
