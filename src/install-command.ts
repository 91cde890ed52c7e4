import { readFile } from 'node:fs/promises';

/** How systems' package managers name a program: patterns of os-release(5)'s IDs, and the commands. */
export interface SystemPackages {
  readonly homebrew: string;
  readonly commands: readonly (readonly [RegExp, string])[];
  /** Instruction for any other system. */
  readonly otherwise: string;
}

/** The instruction that installs a program on this machine. */
export async function installHint(packages: SystemPackages): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return installCommand(packages, process.platform, release, process.getuid?.() === 0);
}

/** The instruction that installs a program. `release` is the text of os-release(5). */
export function installCommand(
  { homebrew, commands, otherwise }: SystemPackages,
  platform: NodeJS.Platform,
  release: string,
  root: boolean,
): string {
  if (platform === 'darwin') return `run: brew install ${homebrew}`;
  const ids = release.match(/^ID(_LIKE)?=.*$/gm)?.join(' ') ?? '';
  const found = commands.find(([pattern]) => pattern.test(ids));
  return found ? `run: ${root ? '' : 'sudo '}${found[1]}` : otherwise;
}
