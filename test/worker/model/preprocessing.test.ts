import { describe, expect, it } from 'vitest';
import { lookAtModel } from '../../../src/worker/model/look-at-model.ts';
import { preprocess } from '../../../src/worker/model/preprocess.ts';
import type { Preprocessing } from '../../../src/worker/model/preprocessing.ts';
import { openSession } from '../../../src/worker/model/session.ts';
import { onnxModel } from '../onnx-model.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const file = temporaryFolder();
const settings = { device: 'cpu', modelRoot: null, threads: 1, imageSize: null, batch: 2 } as const;
const kind = { name: 'a model', usualSize: 4, usualStride: 1 };
const [width, height, pictures] = [4, 2, 2];
const pixels = Uint8Array.from({ length: pictures * width * height * 3 }, (_, at) => (at * 53) % 256);

const plain: Preprocessing = {
  placement: 'stretch',
  padding: 0,
  order: 'rgb',
  layout: 'nchw',
  type: 'float32',
  scale: 1 / 255,
  mean: [0, 0, 0],
  deviation: [1, 1, 1],
};
const imagenet = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;

/** What a model that answers its input got. */
async function seenBy(preprocessing: Preprocessing, opset: number) {
  const { layout, type } = preprocessing;
  const dims = layout === 'nchw' ? ['batch', 3, height, width] : ['batch', height, width, 3];
  const model = { input: dims, inputType: type, outputType: type, opset, outputs: [{ dims: dims as number[] }] };
  const modelFile = file('echo.onnx', onnxModel({ ...model, chain: ['Transpose', 'Transpose'] }));
  const looked = await lookAtModel({ ...settings, modelFile }, kind, () => {});
  const use = { preprocessing, reduction: null, constants: [] };
  const { run, notEdited } = await openSession({ ...looked, use, settings });
  expect(notEdited).toBeNull();
  return (await run(pixels, pictures)).get('output0')!;
}

/** The value of a channel of a pixel, as the description says it. */
function value(picture: number, row: number, column: number, channel: number, wanted: Preprocessing): number {
  const from = wanted.order === 'rgb' ? channel : 2 - channel;
  const byte = pixels[((picture * height + row) * width + column) * 3 + from]!;
  return wanted.type === 'uint8' ? byte : (byte * wanted.scale - wanted.mean[from]!) / wanted.deviation[from]!;
}

function expected(wanted: Preprocessing): number[] {
  const values: number[] = [];
  const [inner, middle, outer] = wanted.layout === 'nchw' ? [width, height, 3] : [3, width, height];
  for (let picture = 0; picture < pictures; picture++)
    for (let a = 0; a < outer; a++)
      for (let b = 0; b < middle; b++)
        for (let c = 0; c < inner; c++)
          values.push(wanted.layout === 'nchw' ? value(picture, b, c, a, wanted) : value(picture, a, b, c, wanted));
  return values;
}

describe.each([11, 13, 15, 17, 18, 19, 21])('preprocessing in a graph of opset %i', (opset) => {
  it.each<[string, Partial<Preprocessing>]>([
    ['bytes from 0 to 1, as planes', {}],
    ['from 0 to 255, B before R', { scale: 1, order: 'bgr' }],
    ["ImageNet's mean and deviation", imagenet],
    [
      "ImageNet's mean and deviation, B before R, the channels of a pixel together",
      { ...imagenet, order: 'bgr', layout: 'nhwc' },
    ],
    ['from -1 to 1', { scale: 1 / 127.5, mean: [1, 1, 1] }],
    ['16-bit floating point numbers', { type: 'float16' }],
    ['bytes as they are', { type: 'uint8', layout: 'nhwc' }],
    ['bytes as planes, B before R', { type: 'uint8', order: 'bgr' }],
  ])('%s', async (_, changes) => {
    const wanted = { ...plain, ...changes };
    const outside = [...preprocess(pixels, pictures, wanted)];
    const inside = [...(await seenBy(wanted, opset)).data];
    const digits = wanted.type === 'float16' ? 2 : 5;
    for (const [at, exact] of expected(wanted).entries()) {
      expect(outside[at]).toBeCloseTo(exact, digits);
      expect(inside[at]).toBeCloseTo(exact, digits);
    }
  });
});

describe.each(['nchw', 'nhwc'] as const)(
  'an input for one picture, without a dimension for the batch, as %s',
  (layout) => {
    it('is made of the pixels of one, in its own graph', async () => {
      const wanted = { ...plain, layout };
      const dims = layout === 'nchw' ? [3, height, width] : [height, width, 3];
      const sketch = { input: dims, outputs: [{ dims }], chain: ['Transpose', 'Transpose'] };
      const modelFile = file('single.onnx', onnxModel(sketch));
      const looked = await lookAtModel({ ...settings, modelFile }, kind, () => {});
      const use = { preprocessing: wanted, reduction: null, constants: [] };
      const { run, notEdited } = await openSession({ ...looked, use, settings });
      expect(notEdited).toBeNull();
      const { data, dims: seen } = (await run(pixels.slice(0, width * height * 3), 1)).get('output0')!;
      expect(seen).toEqual(dims);
      for (const [at, byte] of expected(wanted).slice(0, data.length).entries()) expect(data[at]).toBeCloseTo(byte, 5);
    });
  },
);
