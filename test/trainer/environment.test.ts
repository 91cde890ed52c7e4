import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareEnvironment } from '../../src/worker/train/environment.ts';

describe('The environment of the trainer', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-environment-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('names the command that installs Python where it is missing', async () => {
    await expect(prepareEnvironment({ folder, python: join(folder, 'python3') })).rejects.toMatchObject({
      code: 'TRAINER_PYTHON_MISSING',
      message: 'Python 3.11 or later with venv is not installed on this machine',
      hint: expect.stringMatching(/python/i),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('is created once, with the packages of the lock file, each of them reported', async () => {
    const { python, calls } = await fakePython('exit 0');
    const progress: unknown[] = [];
    const options = { folder, lockFile: await lock(), python, onProgress: (each: unknown) => progress.push(each) };
    const program = await prepareEnvironment(options);
    expect(program).toMatch(/trainer-[0-9a-f]{16}\/bin\/python$/);
    expect(progress).toEqual([
      { packages: 1, total: 2, name: 'numpy' },
      { packages: 2, total: 2, name: 'scipy' },
    ]);
    expect(await prepareEnvironment(options)).toBe(program);
    expect(await calls('-m venv')).toBe(1);
  });

  it('is created once if two need it at the same time', async () => {
    const { python, calls } = await fakePython('exit 0');
    const options = { folder, lockFile: await lock(), python };
    const [one, other] = await Promise.all([prepareEnvironment(options), prepareEnvironment(options)]);
    expect(one).toBe(other);
    expect(await calls('-m venv')).toBe(1);
  });

  it('leaves nothing behind if a package cannot be installed, and says why', async () => {
    const { python } = await fakePython('echo "ERROR: No matching distribution found for numpy==2.4.6" >&2; exit 1');
    await expect(prepareEnvironment({ folder, lockFile: await lock(), python })).rejects.toMatchObject({
      code: 'TRAINER_INSTALL_FAILED',
      message: expect.stringContaining('No matching distribution found for numpy==2.4.6'),
    });
    expect((await readdir(folder)).filter((name) => name.startsWith('trainer-'))).toEqual([]);
  });

  it('is installed without the secrets of the environment, and with what pip needs of it', async () => {
    Object.assign(process.env, { MILLRACE_TEST_SECRET: 'secret', PIP_TEST_SETTING: 'kept' });
    try {
      const { python } = await fakePython(`env > '${join(folder, 'environment')}'; exit 0`);
      await prepareEnvironment({ folder, lockFile: await lock(), python });
      const lines = (await readFile(join(folder, 'environment'), 'utf8')).split('\n');
      expect(lines.filter((line) => /^MILLRACE_|^PIP_TEST/.test(line))).toEqual(['PIP_TEST_SETTING=kept']);
    } finally {
      delete process.env.MILLRACE_TEST_SECRET;
      delete process.env.PIP_TEST_SETTING;
    }
  });

  async function lock(): Promise<string> {
    const file = join(folder, 'requirements.lock');
    const packages = ['numpy==2.4.6', "colorama==1 ; sys_platform == 'win32'", 'scipy==1.17.1'];
    await writeFile(file, packages.map((each) => `${each} \\\n    --hash=sha256:00\n`).join(''));
    return file;
  }

  /** A stand-in for Python and its pip: knows its version, makes an environment with itself, and "installs". */
  async function fakePython(installs: string) {
    const python = join(folder, 'fake-python');
    const log = join(folder, 'calls.log');
    const script = `#!/bin/sh
echo "$@" >> '${log}'
case "$*" in
  -c*) echo 3.11.2 ;;
  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  *) echo 'Collecting numpy==2.4.6'; echo 'Collecting scipy==1.17.1 (from -r x)'; ${installs} ;;
esac
`;
    await writeFile(python, script, { mode: 0o755 });
    const calls = async (start: string) => {
      return (await readFile(log, 'utf8')).split('\n').filter((line) => line.startsWith(start)).length;
    };
    return { python, calls };
  }
});
