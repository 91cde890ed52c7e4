import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareEnvironment, trainerFolder } from '../../src/worker/train/environment.ts';

/** Kept from run to run: an installation takes half a minute and more. */
const folder = fileURLToPath(new URL('../../node_modules/.cache/trainer', import.meta.url));
const found = spawnSync('python3', ['-c', 'import ensurepip, sys, venv; exit(sys.version_info < (3, 11))']);
if (found.status !== 0) console.warn('The tests of the trainer are skipped: Python 3.11 with venv is not installed');

/** Python's own tests. The trainer never sees the environment of this process. */
describe.skipIf(found.status !== 0)('The trainer in Python', () => {
  let python: string;
  beforeAll(async () => {
    python = await prepareEnvironment({ folder, lockFile: join(trainerFolder, 'requirements-test.lock') });
  }, 600_000);

  it.each([
    ['has consistent types', ['-m', 'mypy']],
    ['keeps the rules of the linter', ['-m', 'ruff', 'check', '--quiet', '.']],
    ['keeps the format', ['-m', 'ruff', 'format', '--check', '--quiet', '.']],
    ['passes its tests', ['-m', 'pytest', '--quiet', '--no-header']],
  ])('%s', { timeout: 600_000 }, (_, commandLine) => {
    const { status, stdout, stderr } = spawnSync(python, commandLine, { cwd: trainerFolder, encoding: 'utf8' });
    expect(status === 0 ? 'passed' : `${stdout}${stderr}`).toBe('passed');
  });
});
