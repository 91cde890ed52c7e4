import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { privateServerFolder, readConfig } from '../../src/config.ts';
import { stopPrivateServer } from '../../src/datasource/private-server.ts';
import { tellTrainStory } from '../../src/demo/train/story.ts';
import { useTrainer } from '../engine/local/train/use-trainer.ts';
import { hasPython } from '../trainer/python.ts';
import { openReader } from './reader.ts';

describe.skipIf(!hasPython)('the story of TO TRAIN', () => {
  useTrainer('real');
  let state = '';
  // A private database: other tests have a database demo on the shared server.
  const config = () => readConfig({ MILLRACE_STATE: state });

  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'millrace-demo-'));
  });

  afterAll(async () => {
    await stopPrivateServer(privateServerFolder(config()));
    await rm(state, { recursive: true });
  });

  test('trains, searches, predicts and explains, with plots', { timeout: 600_000 }, async () => {
    const lines: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
    try {
      expect(await tellTrainStory(config())).toBe(0);
    } finally {
      log.mockRestore();
    }
    const story = lines.join('\n');
    expect(story).toMatch(/^ *\d +done +9 /m);
    expect(story.match(/^ *\d +stopped +\d /gm)!.length).toBeGreaterThan(4);
    for (const [name, title] of [
      ['iris_net', 'Training of iris_net@1'],
      ['iris_trees', 'Training of iris_trees@1'],
      ['iris_best', 'Search of iris_best@1'],
    ])
      expect(await readFile(join(state, 'demo', `${name}.svg`), 'utf8')).toContain(`>${title}</text>`);
  });

  test('leaves what every block of docs/training.md needs', { timeout: 600_000 }, async () => {
    const reader = await openReader(state, {
      MILLRACE_STATE: state,
      MILLRACE_TRAINER_PYTHON: process.env.MILLRACE_TRAINER_PYTHON!,
    });
    await reader.follow('docs/training.md');
  });
});
