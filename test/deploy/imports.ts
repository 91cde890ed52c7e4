import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const project = fileURLToPath(new URL('../..', import.meta.url));

export interface Imports {
  /** Paths from the project's folder. */
  readonly files: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
}

/** What a program loads when it runs, and the threads that it starts; types are erased. */
export function importsOf(program: string): Imports {
  const found = { files: new Set<string>(), packages: new Set<string>() };
  follow(program, found);
  return found;
}

function follow(file: string, found: { files: Set<string>; packages: Set<string> }): void {
  if (found.files.has(file)) return;
  found.files.add(file);
  const text = readFileSync(join(project, file), 'utf8').replaceAll(/^(?:import|export) type [^;]*;/gm, '');
  for (const [, imported, started] of text.matchAll(
    /(?:\bfrom |\bimport |\bimport\()'([^'\n]+)'|new Worker\(new URL\('([^']+)'/g,
  )) {
    const name = (imported ?? started) as string;
    if (name.startsWith('.')) follow(posix.join(posix.dirname(file), name), found);
    else if (!name.startsWith('node:')) found.packages.add(packageOf(name));
  }
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
