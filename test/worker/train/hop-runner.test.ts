import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClaimedUnit } from '../../../src/ledger/trial-leases.ts';
import { openHopRunner } from '../../../src/worker/train/search/hop-runner.ts';
import type { SearchRun } from '../../../src/worker/train/search/search-run.ts';
import { folderFiles } from '../../../src/worker/train/search/shared-files.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-hop-'));
  await mkdir(join(folder, 'hop'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A runner whose trainer is a shell script. */
async function runnerOf(script: string) {
  const python = join(folder, 'python');
  await writeFile(python, `#!/bin/sh\n${script}\n`);
  await chmod(python, 0o700);
  const run = { python, folder, signal: new AbortController().signal } as unknown as SearchRun;
  return openHopRunner(run, folderFiles(folder));
}

const unit = { checkpoint: null } as unknown as ClaimedUnit;

it('a trainer that is killed while it starts has died, so that its trial is not to blame', async () => {
  const runner = await runnerOf('kill -9 $$');
  expect(runner.hasDied()).toBe(false);
  await expect(runner.run(unit)).rejects.toMatchObject({ code: 'TRAIN_MEMORY' });
  expect(runner.hasDied()).toBe(true);
});

it('a trainer that ends by itself while it starts has not died', async () => {
  const runner = await runnerOf('exit 70');
  await expect(runner.run(unit)).rejects.toMatchObject({ code: 'TRAIN_DEFECT' });
  expect(runner.hasDied()).toBe(false);
});
