import { describe, expect, it } from 'vitest';
import { lookAtModel } from '../../../src/worker/model/look-at-model.ts';
import type { Preprocessing } from '../../../src/worker/model/preprocessing.ts';
import { isReduced } from '../../../src/worker/model/read-reduced.ts';
import { openSession } from '../../../src/worker/model/session.ts';
import { yoloPixels } from '../../../src/worker/programs/detect/families/family.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { type YoloV5Sketch, yolov5Model } from './yolov5-model.ts';

const file = temporaryFolder();
const preprocessing: Preprocessing = { ...yoloPixels, layout: 'nchw', type: 'float32' };
const classes = 2;
const width = 5 + classes;
const boxes = 3 * (4 * 4 + 2 * 2);

/** Noise, so that each cell has values of its own. */
const pixels = Uint8Array.from({ length: 2 * 32 * 32 * 3 }, (_, at) => (at * 7919) % 251);

async function answers(sketch: YoloV5Sketch, confidence: number, { batch = 1 } = {}) {
  const modelFile = file('yolov5.onnx', yolov5Model(sketch));
  const settings = { device: 'cpu', modelRoot: null, threads: 1, imageSize: null, modelFile, batch } as const;
  const looked = await lookAtModel(settings, { name: 'a model', usualSize: 32, usualStride: 32 }, () => {});
  const use = { preprocessing, constants: [] };
  const reduction = { kind: 'v5', output: 'output0', classes, confidence } as const;
  const whole = await openSession({ ...looked, use: { ...use, reduction: null }, settings });
  const chosen = await openSession({ ...looked, use: { ...use, reduction }, settings });
  expect(chosen.notEdited).toBeNull();
  const input = pixels.subarray(0, batch * 32 * 32 * 3);
  return { whole: await whole.run(input, batch), chosen: await chosen.run(input, batch) };
}

function rowsOf(data: Float32Array): number[][] {
  return Array.from({ length: data.length / width }, (_, row) => [...data.subarray(row * width, (row + 1) * width)]);
}

async function compare(sketch: YoloV5Sketch, confidence: number) {
  const { whole, chosen } = await answers(sketch, confidence);
  const all = whole.get('output0')!;
  expect(all.dims).toEqual([1, boxes, width]);
  expect([...chosen.keys()]).toEqual(['output0']);
  const { data, dims } = chosen.get('output0')!;
  const wanted = rowsOf(all.data).filter((row) => row[4]! > confidence);
  expect(dims).toEqual([1, wanted.length, width]);
  for (const [at, row] of rowsOf(data).entries())
    for (const [value, number] of row.entries()) expect(number).toBeCloseTo(wanted[at]![value]!, 4);
  return wanted.length;
}

describe('the head of a YOLOv5 gives the boxes above the confidence as the whole output has them, in its order', () => {
  it.each([11, 12, 13, 16, 17, 18, 19, 21])('opset %i', async (opset) => {
    const found = await compare({ opset }, 0.5);
    expect(found).toBeGreaterThan(5);
    expect(found).toBeLessThan(boxes - 5);
  });

  it('where none is', async () => expect(await compare({}, 1)).toBe(0));

  it('where all are', async () => expect(await compare({}, 0)).toBe(boxes));

  it('where no number is one: such a box is not above any confidence', async () => {
    expect(await compare({ firstBias: Number.NaN }, 0)).toBe((boxes * 2) / 3);
  });

  it('of a file that gives its convolutions, too', async () => {
    expect(await compare({ givesConvolutions: true }, 0.5)).toBeGreaterThan(5);
  });
});

describe('the best candidates are chosen from the whole output', () => {
  it('of a head that makes its objectness otherwise', async () => {
    expect(isReduced((await answers({ objectness: 'halved' }, 0.25)).chosen)).toBe(true);
  });

  it('of several pictures', async () => {
    expect(isReduced((await answers({}, 0.25, { batch: 2 })).chosen)).toBe(true);
  });
});
