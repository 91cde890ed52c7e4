import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { withFileLock } from '../../datasource/file-lock.ts';
import { MillraceError } from '../../errors.ts';
import { installHint, type SystemPackages } from '../../install-command.ts';

/** The folder of the Python package; PYTHONPATH of its program. */
export const trainerFolder = fileURLToPath(new URL('../../../trainer', import.meta.url));

export interface EnvironmentOptions {
  /** Folder that keeps environments, one for each content of the lock file and version of Python. */
  readonly folder: string;
  /** Packages with their versions and hashes; default: those that the trainer needs. */
  readonly lockFile?: string;
  /** Called for each package whose installation starts. */
  readonly onProgress?: (progress: EnvironmentProgress) => void;
  /** Python's program. */
  readonly python?: string;
}

export interface EnvironmentProgress {
  readonly packages: number;
  readonly total: number;
  readonly name: string;
}

/** Debian ships the module venv as a package of its own. */
const pythonPackages: SystemPackages = {
  homebrew: 'python@3.13',
  commands: [
    [/debian|ubuntu/, 'apt-get install -y python3 python3-venv'],
    [/fedora|rhel|centos/, 'dnf install -y python3 python3-pip'],
    [/suse/, 'zypper install -y python3 python3-pip'],
    [/arch/, 'pacman -S --noconfirm python'],
    [/alpine/, 'apk add python3 py3-pip'],
  ],
  otherwise: 'install Python 3.11 or later with its modules venv and pip',
};

/** Prints the version if everything that an environment needs exists. */
const probe =
  'import ensurepip, sys, venv; print(".".join(map(str, sys.version_info[:3]))) if sys.version_info >= (3, 11) else exit(1)';

/**
 * Returns the Python program of the trainer's environment, which is created if it does not exist yet. It appears complete or not
 * at all; a process that needs it meanwhile waits.
 * @throws MillraceError TRAINER_PYTHON_MISSING with the command that installs Python, TRAINER_INSTALL_FAILED
 */
export async function prepareEnvironment(options: EnvironmentOptions): Promise<string> {
  const { folder, lockFile = join(trainerFolder, 'requirements.lock'), python = 'python3' } = options;
  const version = await pythonVersion(python);
  const lock = await readFile(lockFile, 'utf8');
  const digest = createHash('sha256').update(`${version}\n${lock}`).digest('hex').slice(0, 16);
  const environment = join(folder, `trainer-${digest}`);
  const program = join(environment, 'bin', 'python');
  const isComplete = () => exists(join(environment, 'complete'));
  if (!(await isComplete())) {
    await mkdir(folder, { recursive: true });
    await withFileLock(`${environment}.lock`, async () => {
      if (!(await isComplete())) await create(environment, { ...options, lockFile, python }, lock);
    });
  }
  return program;
}

/**
 * The Python program that runs the trainer: MILLRACE_TRAINER_PYTHON, as in the trainer's image, or that of an environment in
 * MILLRACE_TRAINER_FOLDER.
 * @param onProgress told of packages, if they have to be installed
 * @throws MillraceError TRAINER_…
 */
export async function trainerPython(
  environment: NodeJS.ProcessEnv,
  onProgress: (progress: { readonly done: number; readonly total: number }) => void,
): Promise<string> {
  if (environment.MILLRACE_TRAINER_PYTHON) return environment.MILLRACE_TRAINER_PYTHON;
  const folder = environment.MILLRACE_TRAINER_FOLDER ?? join(tmpdir(), 'millrace-trainer');
  return prepareEnvironment({ folder, onProgress: ({ packages: done, total }) => onProgress({ done, total }) });
}

async function pythonVersion(python: string): Promise<string> {
  const { status, lines } = await run(python, ['-c', probe]);
  if (status === 0 && lines[0] !== undefined) return lines[0];
  throw new MillraceError('TRAINER_PYTHON_MISSING', 'Python 3.11 or later with venv is not installed on this machine', {
    hint: await installHint(pythonPackages),
  });
}

async function create(
  environment: string,
  { lockFile, python, onProgress }: Required<Pick<EnvironmentOptions, 'lockFile' | 'python'>> & EnvironmentOptions,
  lock: string,
): Promise<void> {
  const partial = `${environment}.${process.pid}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  try {
    await mustSucceed(python, ['-m', 'venv', partial]);
    const total = lock.match(/^[a-z][\w.-]*==(?!.*win32)/gm)?.length ?? 0;
    let packages = 0;
    await mustSucceed(join(partial, 'bin', 'python'), [...pipInstall, '-r', lockFile], (line) => {
      const [, name] = /^Collecting ([\w.-]+)/.exec(line) ?? [];
      if (name !== undefined) onProgress?.({ packages: ++packages, total, name });
    });
    await writeFile(join(partial, 'complete'), '');
    await rename(partial, environment).catch(async (cause: unknown) => {
      if (!(await exists(join(environment, 'complete')))) throw cause;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Exactly the packages of the lock file: each with one of its hashes, none built here. Python compiles what it loads. */
const pipInstall = [
  ...['-m', 'pip', 'install', '--require-hashes', '--no-deps', '--only-binary', ':all:', '--no-compile'],
  ...['--no-input', '--disable-pip-version-check', '--progress-bar', 'off'],
];

async function mustSucceed(program: string, commandLine: readonly string[], onLine?: (line: string) => void) {
  const { status, lines } = await run(program, commandLine, onLine);
  if (status === 0) return;
  const reason = lines.findLast((line) => /^ERROR: /.test(line))?.slice('ERROR: '.length) ?? lines.at(-1);
  throw new MillraceError(
    'TRAINER_INSTALL_FAILED',
    `the trainer's Python packages could not be installed: ${reason ?? `exit code ${status}`}`,
  );
}

interface Ended {
  /** Exit code; null if the program does not exist or was killed. */
  readonly status: number | null;
  /** The last lines of both outputs. */
  readonly lines: readonly string[];
}

/** What pip may need of this process's environment, which also holds the databases' passwords. */
const isForInstallation =
  /^(?:PATH|HOME|TMPDIR|LANG|LC_ALL|PIP_\w+|XDG_\w+|SSL_\w+|REQUESTS_\w+|(?:https?|all|no)_proxy)$/i;

async function run(program: string, commandLine: readonly string[], onLine?: (line: string) => void): Promise<Ended> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => isForInstallation.test(name)));
  const child = spawn(program, commandLine, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const lines: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line);
      if (lines.length > 50) lines.shift();
      onLine?.(line);
    });
  }
  const status = await new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null));
    child.on('close', resolve);
  });
  return { status, lines };
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
