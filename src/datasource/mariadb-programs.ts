import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { MillraceError } from '../errors.ts';

export interface MariadbPrograms {
  readonly server: string;
  readonly install: string;
}

/** Folders in which packages install servers; they are often not in a normal user's PATH. */
const serverFolders = [
  '/usr/sbin',
  '/usr/bin',
  '/usr/libexec',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/opt/homebrew/bin',
];

/** @throws MillraceError MARIADB_MISSING with the command that installs it */
export async function findMariadb(folders: readonly string[] = programFolders()): Promise<MariadbPrograms> {
  const server = await findProgram('mariadbd', folders);
  const install = await findProgram('mariadb-install-db', folders);
  if (server && install) return { server, install };
  const hint = installCommand(process.platform, await systemRelease(), process.getuid?.() === 0);
  throw new MillraceError('MARIADB_MISSING', 'MariaDB is not installed on this machine', { hint });
}

function programFolders(): string[] {
  return [...new Set([...(process.env.PATH ?? '').split(delimiter), ...serverFolders])];
}

async function findProgram(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const file = join(folder, name);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function systemRelease(): Promise<string> {
  return readFile('/etc/os-release', 'utf8').catch(() => '');
}

/** The command that installs MariaDB. `release` is the text of os-release(5). */
export function installCommand(platform: NodeJS.Platform, release: string, root: boolean): string {
  if (platform === 'darwin') return 'run: brew install mariadb';
  const ids = release.match(/^ID(_LIKE)?=.*$/gm)?.join(' ') ?? '';
  const found = packageCommands.find(([pattern]) => pattern.test(ids));
  if (!found) return "install MariaDB 10.11 or later from your system's packages";
  return `run: ${root ? '' : 'sudo '}${found[1]}`;
}

const packageCommands = [
  [/debian|ubuntu/, 'apt-get install -y mariadb-server-core mariadb-client-core'],
  [/fedora|rhel|centos/, 'dnf install -y mariadb-server'],
  [/suse/, 'zypper install -y mariadb'],
  [/arch/, 'pacman -S --noconfirm mariadb'],
  [/alpine/, 'apk add mariadb'],
] as const;
