import { mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { fileDigest } from '../../../src/file-digest.ts';
import { modelDigest, weightFiles } from '../../../src/onnx/model-digest.ts';
import { readOwnImage } from '../../../src/worker/image/read-image.ts';
import { openSession } from '../../../src/worker/model/session.ts';
import { checkDigest } from '../../../src/worker/model-cache.ts';
import { loadDetector } from '../../../src/worker/programs/detect/detector.ts';
import { type DetectorSettings, lookAtDetector } from '../../../src/worker/programs/detect/detector-model.ts';
import { type ModelSketch, onnxModel } from '../onnx-model.ts';

// A dog of 8 x 4 px in the middle of an input of 32 x 32; the file of the weights holds it, the graph does not.

const root = mkdtempSync(join(tmpdir(), 'millrace-test-'));
afterAll(() => rmSync(root, { recursive: true }));

const weights = Float32Array.from(
  [[16], [16], [8], [4], [0], [0.5]].flatMap(([first]) => [first!, ...Array(20).fill(0)]),
);
const sketch: ModelSketch = {
  outputs: [{ dims: [1, 6, 21], values: weights }],
  metadata: { names: "{0: 'cat', 1: 'dog'}" },
};

let models = 0;
let folder = root;
beforeEach(() => {
  folder = join(root, `model ${models++}`);
  mkdirSync(join(folder, 'data'), { recursive: true });
});

function settingsFor(externalFile: string, externalOffset?: number): DetectorSettings {
  const offset = externalOffset === undefined ? {} : { externalOffset };
  const modelFile = join(folder, 'model.onnx');
  writeFileSync(modelFile, onnxModel({ ...sketch, externalFile, ...offset }));
  return { modelFile, modelRoot: root, device: 'cpu', threads: 1, imageSize: null, confidence: 0.25 };
}

function writeWeights(name: string, offset = 0): void {
  const file = openSync(join(folder, name), 'w');
  writeSync(file, weights, 0, undefined, offset);
}

async function detect(settings: DetectorSettings) {
  const detector = await loadDetector(settings, readOwnImage);
  const picture = join(folder, 'grey.png');
  await sharp({ create: { width: 32, height: 32, channels: 3, background: '#888' } }).toFile(picture);
  const detected = await detector.detect([picture]);
  await detector.close();
  return detected;
}

const dog = { className: 'dog', score: 0.5, x1: 12, y1: 14, x2: 20, y2: 18 };

describe('a model with its weights in another file', () => {
  it.each([
    ['beside it', 'model.onnx_data'],
    ['in a folder beside it', 'data/model.onnx_data'],
    ['by a path with a dot', './model.onnx_data'],
  ])('finds dogs: %s', async (_, name) => {
    writeWeights(name);
    expect(await detect(settingsFor(name))).toMatchObject([{ detections: [dog] }]);
  });

  it('finds dogs: by a link that stays in the folder', async () => {
    writeWeights('data/blob');
    symlinkSync('data/blob', join(folder, 'model.onnx_data'));
    expect(await detect(settingsFor('model.onnx_data'))).toMatchObject([{ detections: [dog] }]);
  });

  it('finds dogs: past the first 2 GiB of a file', async () => {
    const offset = 2 ** 31 + 4096;
    writeWeights('model.onnx_data', offset);
    expect(await detect(settingsFor('model.onnx_data', offset))).toMatchObject([{ detections: [dog] }]);
  });

  it('has its pixels prepared and its boxes chosen in the graph, like any other', async () => {
    writeWeights('model.onnx_data');
    const settings = settingsFor('model.onnx_data');
    const looked = await lookAtDetector(settings);
    const { preprocessing } = looked;
    const use = { preprocessing, reduction: looked.reduction(0.25), constants: [] };
    const { notEdited, run } = await openSession({ ...looked, use, settings });
    expect(notEdited).toBeNull();
    expect([...(await run(new Uint8Array(32 * 32 * 3), 1)).keys()]).toEqual(['millrace/candidates', 'millrace/check']);
  });
});

describe('the digest of a model', () => {
  it('changes with its graph, and with any of its files of weights', async () => {
    writeWeights('one');
    writeWeights('two');
    const { modelFile } = settingsFor('one');
    const digests = [await modelDigest(modelFile, ['one', 'two'])];
    expect(await modelDigest(modelFile, ['two', 'one'])).toBe(digests[0]);
    writeWeights('two', 4);
    digests.push(await modelDigest(modelFile, ['one', 'two']));
    writeFileSync(modelFile, onnxModel({ ...sketch, externalFile: 'one', irVersion: 7 }));
    digests.push(await modelDigest(modelFile, ['one', 'two']));
    expect(new Set(digests).size).toBe(3);
    for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is that of its only file', async () => {
    const { modelFile } = settingsFor('one');
    expect(await modelDigest(modelFile, [])).toBe(await fileDigest(modelFile));
  });
});

describe('a registered model', () => {
  it('is not run once a file of its weights has changed, and is run again once that is restored', async () => {
    writeWeights('one');
    const { modelFile } = settingsFor('one');
    const cache = { folder: join(folder, 'cache'), most: 0 };
    const digest = await modelDigest(modelFile, await weightFiles(modelFile));
    const check = () => checkDigest(cache, modelFile, '/models/dogs.onnx', digest);
    await check();
    await check();
    writeWeights('one', 4);
    const changed = {
      code: 'MODEL_CHANGED',
      message: expect.stringContaining('/models/dogs.onnx is not the registered'),
    };
    await expect(check()).rejects.toMatchObject(changed);
    await expect(check()).rejects.toMatchObject(changed);
    rmSync(join(folder, 'one'));
    await expect(check()).rejects.toMatchObject(changed);
    writeWeights('one');
    await check();
  });

  it('has no files of weights where it is not a model at all', async () => {
    const { modelFile } = settingsFor('one');
    expect(await weightFiles(modelFile)).toEqual(['one']);
    writeFileSync(modelFile, '<html>');
    expect(await weightFiles(modelFile)).toEqual([]);
  });
});

describe('refused:', () => {
  it.each([
    ['an absolute path', '/etc/passwd'],
    ['a path that leads out of the folder', '../../etc/passwd'],
    ['a path that leads out and back', 'data/../../model.onnx_data'],
    ['a link that leads out', 'out'],
  ])('%s', async (_, name) => {
    symlinkSync(process.execPath, join(folder, 'out'));
    await expect(lookAtDetector(settingsFor(name))).rejects.toMatchObject({
      code: 'OUTSIDE_VOLUMES',
      message: `model.onnx names weights outside its folder: ${name}`,
      hint: 'copy the file of the weights into the folder of the model, and export the model with that name',
    });
  });

  it.each([
    ['a file that does not exist', 'absent.data'],
    ['a folder', 'data'],
    ["the runtime's name for its own memory", '*/_ORT_MEM_ADDR_/*'],
  ])('%s', async (_, name) => {
    await expect(lookAtDetector(settingsFor(name))).rejects.toMatchObject({
      code: 'MODEL_UNREADABLE',
      message: `model.onnx keeps its weights in '${name}', and there is no such file beside it`,
      hint: `copy ${name} into the same folder, or export the model as one file`,
    });
  });

  it('a file that was cut off', async () => {
    writeWeights('model.onnx_data');
    await expect(lookAtDetector(settingsFor('model.onnx_data', 64))).rejects.toMatchObject({
      code: 'MODEL_UNREADABLE',
      message: "model.onnx needs 568 bytes of 'model.onnx_data', which has 504: it is truncated",
    });
  });

  it('a graph of more than 2 GiB, which no protobuf message may have', async () => {
    const settings = settingsFor('model.onnx_data');
    truncateSync(settings.modelFile, 2.5 * 2 ** 30);
    await expect(lookAtDetector(settings)).rejects.toMatchObject({
      code: 'MODEL_UNREADABLE',
      message: 'model.onnx has 2.5 GiB; an ONNX file has at most 2 GiB',
      hint: 'export the model with its weights in a file of their own (external data)',
    });
  });
});
