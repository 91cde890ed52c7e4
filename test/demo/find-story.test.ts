import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Config, privateServerFolder, readConfig } from '../../src/config.ts';
import { stopPrivateServer } from '../../src/datasource/private-server.ts';
import { tellFindStory } from '../../src/demo/find/story.ts';
import { shareRight } from '../../src/demo/find/truth.ts';
import { variations, writeVariations } from '../../src/demo/find/variations.ts';
import { drawDataset } from '../../src/demo/scenes/dataset.ts';
import { lookAtDetector } from '../../src/worker/programs/detect/detector-model.ts';

const detector = join(import.meta.dirname, '../../models/demo.onnx');

describe('the story of TO FIND', () => {
  let state = '';
  let config: Config;

  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'millrace-demo-'));
    // A private database: other tests have a database demo on the shared server.
    config = readConfig({ MILLRACE_STATE: state });
  });

  afterAll(async () => {
    await stopPrivateServer(privateServerFolder(config));
    await rm(state, { recursive: true });
  });

  test('measures models, asks three questions, and shows reuse and what was found', { timeout: 480_000 }, async () => {
    const story = await told(config, scenes(state, 60), 45);
    expect(story).toMatch(/demo_tiny +128 px +all +\d+\.\d ms an image +\d+\.\d % of the images/);
    expect(story.match(/^TO FIND .+$/gm)).toHaveLength(4);
    // Whether a plan reaches the goal depends on the costs that were measured.
    const plans =
      /^ {2}strategy +baseline( \(misses the goal\))? +basic( \(misses the goal\))? +order \*( \(misses the goal\))?$/gm;
    expect(story.match(plans)).toHaveLength(3);
    for (const strategy of ['baseline', 'basic', 'order'])
      expect(story.match(new RegExp(`^ ${strategy} +(no plan|\\d+\\.\\d ms an image +\\d)`, 'gm'))).toHaveLength(3);
    expect(story).toMatch(/^ 0\.5 +0 times +\d+ /m);
    const sheet = await sharp(join(state, 'demo', 'found.png')).metadata();
    expect([sheet.format, sheet.width > 1000]).toEqual(['png', true]);
  });
});

test('the variations of the detector have the input and the classes that they are to have', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-variations-'));
  try {
    await writeVariations(detector, folder);
    for (const { name, side, classes } of variations) {
      const settings = { device: 'cpu', threads: 1, imageSize: null, confidence: 0.25 } as const;
      const { model } = await lookAtDetector({ ...settings, modelFile: join(folder, `${name}.onnx`), modelRoot: null });
      expect(model.imageSize).toEqual({ width: side, height: side });
      expect(model.classNames.length).toBe(classes?.length ?? 80);
      if (classes !== null) expect(model.classNames).toEqual(classes);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('an image is right if it was found and shows what was asked for, or neither', () => {
  const dog = { kind: 'count', class: 'dog', least: 1, most: null } as const;
  const scene = (dogs: number) => ({ fileName: 'a.jpg', counts: new Map([['dog', dogs]]) });
  const four = new Map([1, 0, 2, 0].map((dogs, at) => [at, scene(dogs)]));
  expect(shareRight(four, dog, new Set([0, 2]))).toBe(1);
  expect(shareRight(four, dog, new Set([0, 1]))).toBe(0.5);
});

function scenes(state: string, count: number) {
  const folder = join(state, 'datasets', 'demo');
  const wish = { count, firstSeed: 5_000_000, styles: ['fluent', 'noto'], width: 320 } as const;
  return {
    ...({ prefix: '', imageDir: '/datasets/demo', model: 'demo', volumes: {}, folder } as const),
    async load() {
      const dataset = await drawDataset(folder, wish);
      return { fileNames: dataset.images.map(({ file_name }) => file_name), dataset, note: `${count} scenes` };
    },
  };
}

/** Everything that the story prints to standard output. */
async function told(config: Config, material: ReturnType<typeof scenes>, measured: number): Promise<string> {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  try {
    await tellFindStory(config, { ...material, measured });
  } finally {
    log.mockRestore();
  }
  return lines.join('\n').replace(/\u001b\[\d+m/g, '');
}
