import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Config, readConfig } from '../../src/config.ts';
import { freePort } from '../../src/datasource/free-port.ts';
import { stopPrivateServer } from '../../src/datasource/private-server.ts';
import { type Material, ownMaterial } from '../../src/demo/material.ts';
import { drawDataset } from '../../src/demo/scenes/dataset.ts';
import { tellStory } from '../../src/demo/story.ts';
import { millrace } from '../cli/millrace.ts';
import { mariadb, useDatabase } from '../database.ts';
import { codeBlocks } from './documents.ts';
import { openReader } from './reader.ts';

describe('the demo', () => {
  const database = useDatabase(mariadb);
  let state = '';
  let config: Config;

  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'millrace-demo-'));
    await database.admin.query(`GRANT ALL ON demo.* TO ?@'%'`, [database.datasource.user]);
    config = readConfig({
      MILLRACE_DATASOURCE: database.dsn,
      MILLRACE_SCHEMA: database.systemSchema,
      MILLRACE_STATE: state,
    });
  });

  afterAll(async () => {
    await database.admin.query('DROP DATABASE IF EXISTS demo');
    await rm(state, { recursive: true });
  });

  test('runs from an empty database to a contact sheet on drawn scenes, twice', async () => {
    const material = fewScenes(state);
    const first = await told(config, material);
    expect(first).toContain('INTO demo.detections;');
    expect(first).toMatch(/Detections per class\n.*\n.*\n class_name +detections +images +mean_score\n─+\n \w+/);
    const [, map50] = /mAP50 (\d\.\d{3})/.exec(first) ?? [];
    expect(Number(map50)).toBeGreaterThan(0.6);
    expect(first).toMatch(/[\d.]+ images\/s: 6 images in \d+ s/);
    expect(await told(config, material)).toContain(`mAP50 ${map50}`);
    const sheet = await sharp(join(state, 'demo', 'contact-sheet.png')).metadata();
    expect([sheet.format, (sheet.width ?? 0) > 1000]).toEqual(['png', true]);
  });

  test('creates what every block of the documents needs, in their order', { timeout: 240_000 }, async () => {
    const reader = await openReader(state, {
      MILLRACE_DATASOURCE: database.dsn,
      MILLRACE_SCHEMA: database.systemSchema,
      MILLRACE_STATE: state,
      MILLRACE_PORT: String(await freePort('127.0.0.1')),
    });
    for (const page of ['README.md', 'docs/server.md', 'grammar/README.md']) await reader.follow(page);
  });

  test('is documented with blocks that tests run, except those with a stated reason', () => {
    const pages = [
      ...[
        'README.md',
        'CONTRIBUTING.md',
        'docs/server.md',
        'docs/training.md',
        'grammar/README.md',
        'deploy/README.md',
      ],
    ];
    const blocks = pages.flatMap(codeBlocks);
    const reasons = new Set(blocks.flatMap(({ exception }) => exception ?? []));
    expect([...reasons].sort()).toEqual([
      'not run by tests: downloads 1.2 GB',
      'not run by tests: needs a cluster',
      'not run by tests: they begin where the demo ends',
      'parsed only by tests: another image needs a cluster',
      'parsed only by tests: the files are examples',
      'parsed only by tests: the model is an example',
      'parsed only by tests: the models are examples',
      'parsed only by tests: the tables are examples',
    ]);
    expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(['sh', 'sql', 'text', 'yaml', '']));
  });

  test("runs on a user's own pictures, without accuracy", async () => {
    const { folder } = fewScenes(state);
    const story = await told(config, await ownMaterial(folder, undefined));
    expect(story).toContain('6 pictures found');
    expect(story).toContain('Pictures with the most objects');
    expect(story).not.toContain('mAP');
    expect(await readFile(join(state, 'demo', 'own_contact-sheet.png'))).toBeInstanceOf(Buffer);
  });

  test('has its own database, about which doctor warns of nothing', { timeout: 240_000 }, async () => {
    const own = join(state, 'own');
    const environment = { MILLRACE_STATE: own };
    try {
      const story = await told(readConfig(environment), fewScenes(own));
      expect(story).toMatch(/database +a private MariaDB, started \(millrace_user@127\.0\.0\.1:\d+\/\)/);
      expect(await told(readConfig(environment), fewScenes(own))).toContain('a private MariaDB, already running');
      expect(await millrace(['doctor'], environment)).toMatchObject({ code: 0, stderr: 'all checks passed\n' });
    } finally {
      await stopPrivateServer(join(own, 'mariadb'));
    }
  });

  test('does not touch a table that it did not create', async () => {
    await database.pool.query('CREATE DATABASE IF NOT EXISTS demo');
    await database.pool.query('DROP TABLE IF EXISTS demo.images');
    await database.pool.query('CREATE TABLE demo.images (precious INT)');
    await expect(told(config, fewScenes(state))).rejects.toMatchObject({ code: 'TABLE_EXISTS' });
    expect(await database.pool.query('SELECT * FROM demo.images')).toBeDefined();
    await database.pool.query('DROP TABLE demo.images');
  });

  test('rejects a missing folder and a missing model file', async () => {
    await expect(ownMaterial(join(state, 'nowhere'), undefined)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(ownMaterial(state, join(state, 'no.onnx'))).rejects.toMatchObject({ code: 'USAGE' });
  });
});

function fewScenes(state: string): Material {
  const folder = join(state, 'datasets', 'demo');
  const wish = { count: 6, firstSeed: 6_000_000, styles: ['fluent', 'noto'], width: 320 } as const;
  return {
    prefix: '',
    imageDir: '/datasets/demo',
    model: 'demo',
    volumes: {},
    folder,
    async load() {
      const dataset = await drawDataset(folder, wish);
      return { fileNames: dataset.images.map(({ file_name }) => file_name), dataset, note: '6 scenes' };
    },
  };
}

/** Everything that the story prints to standard output. */
async function told(config: Config, material: Material): Promise<string> {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  try {
    expect(await tellStory(config, material)).toBe(0);
  } finally {
    log.mockRestore();
  }
  return lines.join('\n').replace(/\u001b\[\d+m/g, '');
}
