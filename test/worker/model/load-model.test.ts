import { afterAll, describe, expect, it } from 'vitest';
import type { Inference } from '../../../src/worker/model/inference.ts';
import { loadModel } from '../../../src/worker/model/load-model.ts';
import {
  type Look,
  lookAtDeclaration,
  lookAtModel,
  type ModelSettings,
} from '../../../src/worker/model/look-at-model.ts';
import type { Preprocessing, Reduction } from '../../../src/worker/model/preprocessing.ts';
import { yoloPixels } from '../../../src/worker/programs/detect/families/family.ts';
import { type ModelSketch, onnxModel } from '../onnx-model.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const file = temporaryFolder();
const kind = { name: 'a model', usualSize: 32, usualStride: 32 };
const preprocessing: Preprocessing = { ...yoloPixels, layout: 'nchw', type: 'float32' };

const started: Inference[] = [];
afterAll(() => Promise.all(started.map((inference) => inference.close())));

function settingsFor(sketch: ModelSketch, more: Partial<ModelSettings> = {}): ModelSettings {
  const modelFile = file('model.onnx', onnxModel(sketch));
  return { modelFile, device: 'cpu', modelRoot: null, threads: 1, imageSize: null, ...more };
}

/** Also says whether what the file declares was believed, and what a run says. */
async function load(sketch: ModelSketch, more: Partial<ModelSettings> = {}, reduction: Reduction | null = null) {
  const settings = settingsFor(sketch, more);
  const ways: Look[] = [];
  const look = (way: Look) => {
    ways.push(way);
    return way(settings, kind, () => {});
  };
  const { looked, inference } = await loadModel(settings, look, () => ({ preprocessing, reduction, constants: [] }));
  started.push(inference);
  expect(ways).toEqual(looked.isDeclared ? [lookAtDeclaration] : [lookAtDeclaration, lookAtModel]);
  return { looked, inference, seen: await lookAtModel(settings, kind, () => {}) };
}

const real = [1, 6, 21];
const pooled: ModelSketch = {
  input: ['batch', 3, 32, 32],
  outputs: [{ dims: [1, 3], declared: ['batch', 3] }],
  chain: ['GlobalAveragePool', 'Flatten'],
};

describe('a model is loaded once, if its file declares its outputs', () => {
  it.each<[string, ModelSketch, Partial<ModelSettings>]>([
    ['with all dimensions', { outputs: [{ dims: real }] }, {}],
    ['of whole numbers, too', { outputs: [{ dims: [1, 2], values: BigInt64Array.of(1n, 2n) }, { dims: real }] }, {}],
    ['of a fixed batch', { input: [2, 3, 32, 32], outputs: [{ dims: [2, 6, 21] }] }, {}],
    ['with the free batch of its input', pooled, {}],
    ['with the free batch of its input, for several pictures', pooled, { batch: 3 }],
    ['with names', { outputs: [{ dims: real }], metadata: { names: "['cat', 'dog']" } }, {}],
  ])('%s', async (_, sketch, more) => {
    const { looked, seen } = await load(sketch, more);
    expect(looked).toEqual({ ...seen, isDeclared: true, file: { ...seen.file, bytes: looked.file.bytes } });
  });
});

describe('a run tells what a model is', () => {
  it.each<[string, ModelSketch['outputs'][number]['declared']]>([
    ['whose file names a dimension', ['batch', 6, 'boxes']],
    ['whose file declares no dimensions', null],
    ['whose file leaves a dimension out', [1, 6, '']],
    ['whose file declares another dimension', [1, 6, 84]],
    ['whose file declares another number of dimensions', [6, 21]],
    ['whose file declares another batch', [2, 6, 21]],
  ])('%s', async (_, declared) => {
    const { looked, seen } = await load({ outputs: [{ dims: real, declared }] });
    expect(looked.isDeclared).toBe(false);
    expect(looked.outputs).toEqual([{ name: 'output0', type: 'float32', dims: real }]);
    expect(looked.outputs).toEqual(seen.outputs);
  });

  it('whose file declares another layout, so that other values are the best', async () => {
    const values = new Float32Array(84 * 6);
    values.set([16, 16, 8, 4, 0, 0.5], 6);
    const output = { dims: [1, 84, 6], values, declared: [1, 6, 84] };
    const reduction = { kind: 'v8', output: 'output0', classes: 2, confidence: 0.1 } as const;
    const { looked } = await load({ outputs: [output] }, {}, reduction);
    expect(looked).toMatchObject({ isDeclared: false, outputs: [{ dims: [1, 84, 6] }] });
  });

  it('whose batch is declared to be free and is not', async () => {
    const sketch = { input: ['batch', 3, 32, 32], outputs: [{ dims: real, declared: ['batch', 6, 21] }] };
    const { looked } = await load(sketch, { batch: 2 });
    expect(looked.isDeclared).toBe(false);
  });
});

describe('the first run checks all outputs', () => {
  it('beside the reduced one', async () => {
    const reduction = { kind: 'v8', output: 'output0', classes: 2, confidence: 0.1 } as const;
    const outputs = (declared: readonly number[]) => [
      { dims: real, values: new Float32Array(126) },
      { dims: [1, 3], declared },
    ];
    expect((await load({ outputs: outputs([1, 3]) }, {}, reduction)).looked.isDeclared).toBe(true);
    const { looked, inference } = await load({ outputs: outputs([1, 4]) }, {}, reduction);
    expect(looked.isDeclared).toBe(false);
    expect(inference.notEdited).toBeNull();
  });
});

describe('what is wrong with a model is told as a run tells it', () => {
  it.each<[string, ModelSketch, Partial<ModelSettings>]>([
    ['an operator that nobody knows', { outputs: [{ dims: real }], operator: 'Unheard' }, {}],
    ['a version that the runtime does not know', { outputs: [{ dims: real }], irVersion: 99 }, {}],
    ['an input that is no picture', { input: [1, 4], outputs: [{ dims: real }] }, {}],
    ['another size', { outputs: [{ dims: real }] }, { imageSize: { width: 64, height: 64 } }],
    ['no such file', { outputs: [{ dims: real }] }, { modelFile: '/absent.onnx' }],
  ])('%s', async (_, sketch, more) => {
    const settings = settingsFor(sketch, more);
    const seen = await lookAtModel(settings, kind, () => {}).catch((error) => error);
    expect(seen).toMatchObject({ code: expect.any(String) });
    const { code, message, hint } = seen;
    await expect(load(sketch, more)).rejects.toMatchObject({ code, message, hint });
  });
});
