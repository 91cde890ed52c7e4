import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareEnvironment, trainerFolder } from '../../src/worker/train/environment.ts';

/** Kept from run to run: an installation takes half a minute and more. */
const folder = fileURLToPath(new URL('../../node_modules/.cache/trainer', import.meta.url));

/** Whether the tests of the trainer can run. If not, they say so once. */
export const hasPython =
  spawnSync('python3', ['-c', 'import ensurepip, sys, venv; exit(sys.version_info < (3, 11))']).status === 0;
if (!hasPython) console.warn('The tests of the trainer are skipped: Python 3.11 with venv is not installed');

/** An installation's longest time, on a busy machine. */
export const INSTALL_MS = 600_000;

/** Python's program in an environment with the trainer's packages and those of its tests. */
export function trainerPython(): Promise<string> {
  return prepareEnvironment({ folder, lockFile: join(trainerFolder, 'requirements-test.lock') });
}
