import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { stopServers } from './database-servers.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folder of this run, in which the first test that needs a database server starts it. */
    readonly serversFolder: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Needed after `npm ci` alone.
  if (!existsSync('src/sql/grammar.generated.ts')) execFileSync('npm', ['run', '--silent', 'build:grammar']);
  if (!existsSync('console/dist/index.html')) execFileSync('npm', ['run', '--silent', 'build:console']);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'));
  project.provide('serversFolder', folder);
  return async () => {
    await stopServers(folder);
    await rm(folder, { recursive: true, force: true });
  };
}
