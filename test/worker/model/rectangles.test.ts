import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Inference, ToThread } from '../../../src/worker/model/inference.ts';
import { inBatches } from '../../../src/worker/model/picture-batches.ts';
import type { Preprocessing } from '../../../src/worker/model/preprocessing.ts';
import { yoloPixels } from '../../../src/worker/programs/detect/families/family.ts';

const preprocessing: Preprocessing = { ...yoloPixels, layout: 'nchw', type: 'float32' };
const model = { classNames: ['dog'], stride: 32, imageSize: { width: 64, height: 64 }, batch: null };

/** Stands in for a model's threads: keeps what it is asked, and answers the mean of each picture's bytes. */
function standIn(batch: number, device: 'cpu' | 'cuda' = 'cpu') {
  const asked: string[] = [];
  const inference: Inference = {
    device,
    notOnGpu: null,
    notEdited: null,
    batch,
    threads: 1,
    async infer({ pixels: [pixels], pictures, size }: ToThread) {
      asked.push(`${pictures} of ${size.width}x${size.height}`);
      const length = size.width * size.height * 3;
      const means = Array.from({ length: pictures }, (_, picture) => {
        const own = pixels!.subarray(picture * length, (picture + 1) * length);
        return own.reduce((sum, byte) => sum + byte, 0) / length;
      });
      return { outputs: new Map([['mean', { data: Float32Array.from(means), dims: [pictures] }]]), inferMs: 1 };
    },
    close: async () => {},
  };
  return { asked, inference };
}

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly grey: number;
}

async function means(pictures: readonly Picture[], inference: Inference, inRectangles: boolean) {
  const read = async ({ width, height, grey }: Picture) => {
    const background = { r: grey, g: grey, b: grey };
    const bytes = await sharp({ create: { width, height, channels: 3, background } })
      .png()
      .toBuffer();
    return { bytes, name: 'drawn' };
  };
  const batches = inBatches<Picture, string>({ inference, model, preprocessing, inRectangles }, read, {
    finds: 'a mean',
    read: (outputs, picture, { input }) =>
      `${Math.round(outputs.get('mean')!.data[picture]!)} in ${input.width}x${input.height}`,
  });
  return batches.run(pictures);
}

const wide = (grey: number) => ({ width: 128, height: 64, grey });
const high = (grey: number) => ({ width: 64, height: 128, grey });
const mixed = [wide(10), high(20), wide(30), high(40), wide(50), high(60), high(70)];

describe('pictures in rectangles', () => {
  const expected = mixed.map(({ grey, width }) => `${grey} in ${width === 128 ? '64x32' : '32x64'}`);

  it('share batches with those of the same shape, and keep their order', async () => {
    const { asked, inference } = standIn(2);
    expect(await means(mixed, inference, true)).toEqual(expected);
    expect(asked.toSorted()).toEqual(['1 of 64x32', '2 of 32x64', '2 of 32x64', '2 of 64x32']);
  });

  it('are alone in a batch of one', async () => {
    const { asked, inference } = standIn(1);
    expect(await means(mixed, inference, true)).toEqual(expected);
    expect(asked.toSorted()).toEqual([...Array(4).fill('1 of 32x64'), ...Array(3).fill('1 of 64x32')]);
  });

  it('fill a batch on a GPU with places that are not used', async () => {
    const { asked, inference } = standIn(4, 'cuda');
    expect(await means(mixed, inference, true)).toEqual(expected);
    expect(asked.toSorted()).toEqual(['4 of 32x64', '4 of 64x32']);
  });
});

it('other pictures share batches whatever their shape', async () => {
  const { asked, inference } = standIn(4);
  expect(await means(mixed.slice(0, 5), inference, false)).toEqual(
    // Half of the input is padding of 114.
    mixed.slice(0, 5).map(({ grey }) => `${grey / 2 + 57} in 64x64`),
  );
  expect(asked.toSorted()).toEqual(['1 of 64x64', '4 of 64x64']);
});
