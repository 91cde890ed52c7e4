import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { MillraceError } from '../errors.ts';
import { installHint, type SystemPackages } from '../install-command.ts';

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
  const hint = await installHint(mariadbPackages);
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

/** Packages that contain the programs of a MariaDB server. */
export const mariadbPackages: SystemPackages = {
  homebrew: 'mariadb',
  commands: [
    [/debian|ubuntu/, 'apt-get install -y mariadb-server-core mariadb-client-core'],
    [/fedora|rhel|centos/, 'dnf install -y mariadb-server'],
    [/suse/, 'zypper install -y mariadb'],
    [/arch/, 'pacman -S --noconfirm mariadb'],
    [/alpine/, 'apk add mariadb'],
  ],
  otherwise: "install MariaDB 10.11 or later from your system's packages",
};
