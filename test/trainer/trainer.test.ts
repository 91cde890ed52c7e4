import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { trainerFolder } from '../../src/worker/train/environment.ts';
import { hasPython, INSTALL_MS, trainerPython } from './python.ts';

/** Python's own tests. The trainer never sees the environment of this process. */
describe.skipIf(!hasPython)('The trainer in Python', () => {
  let python: string;
  beforeAll(async () => {
    python = await trainerPython();
  }, INSTALL_MS);

  it.each([
    ['has consistent types', ['-m', 'mypy']],
    ['keeps the rules of the linter', ['-m', 'ruff', 'check', '--quiet', '.']],
    ['keeps the format', ['-m', 'ruff', 'format', '--check', '--quiet', '.']],
    ['passes its tests', ['-m', 'pytest', '--quiet', '--no-header']],
  ])('%s', { timeout: INSTALL_MS }, (_, commandLine) => {
    const { status, stdout, stderr } = spawnSync(python, commandLine, { cwd: trainerFolder, encoding: 'utf8' });
    expect(status === 0 ? 'passed' : `${stdout}${stderr}`).toBe('passed');
  });
});
