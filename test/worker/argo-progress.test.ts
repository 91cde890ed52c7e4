import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openArgoProgress } from '../../src/worker/argo-progress.ts';

describe("a worker's progress for Argo", () => {
  let file: string;
  beforeAll(async () => {
    file = join(await mkdtemp(join(tmpdir(), 'millrace-progress-')), 'progress');
  });
  afterAll(() => rm(join(file, '..'), { recursive: true }));
  const written = () => readFile(file, 'utf8').catch(() => '');

  it('is its rows of its fair share, and in the end of what it has done', async () => {
    const progress = openArgoProgress(file, 100, 3);
    await expect.poll(written).toBe('0/34\n');
    progress.add(20);
    await expect.poll(written).toBe('20/34\n');
    progress.add(20);
    await expect.poll(written).toBe('40/40\n');
    const slow = openArgoProgress(file, 100, 3);
    slow.add(30);
    await slow.end();
    expect(await written()).toBe('30/30\n');
  });

  it('is complete for a worker that found no rows, and needs no file', async () => {
    await openArgoProgress(file, 0, 2).end();
    expect(await written()).toBe('1/1\n');
    await openArgoProgress('/nowhere/progress', 5, 2).end();
    await openArgoProgress(undefined, 5, 2).end();
  });
});
