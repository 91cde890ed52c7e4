import { afterAll, describe, expect, it } from 'vitest';
import { MillraceError } from '../../../src/errors.ts';
import type { EncodedImage } from '../../../src/worker/image/encoded-image.ts';
import { placeImage } from '../../../src/worker/image/placing.ts';
import type { Inference } from '../../../src/worker/model/inference.ts';
import type { Processor } from '../../../src/worker/model/model.ts';
import { inBatches, type PictureBatches } from '../../../src/worker/model/picture-batches.ts';
import type { Preprocessing } from '../../../src/worker/model/preprocessing.ts';
import { yoloPixels } from '../../../src/worker/programs/detect/families/family.ts';
import { copyOf, noises } from '../image/images.ts';

const size = { width: 64, height: 64 };
const slotLength = 64 * 64 * 3;
const preprocessing: Preprocessing = { ...yoloPixels, layout: 'nchw', type: 'float32' };
const model = { classNames: [], stride: 32, imageSize: size, batch: null };

/** Tells pictures apart. */
function digest(pixels: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < pixels.length; at++) sum = (Math.imul(sum, 31) + pixels[at]!) | 0;
  return Math.fround(sum);
}

/** Stands in for a session, on a GPU too: it answers with the digest of each picture. */
function standIn(device: Processor, batch: number, threads: number): Inference & { readonly sizes: number[] } {
  const sizes: number[] = [];
  return {
    device,
    batch,
    threads,
    sizes,
    notOnGpu: null,
    notEdited: null,
    infer: async ({ pixels: [pixels], pictures }) => {
      sizes.push(pictures);
      const given = Uint8Array.from(pixels!);
      await new Promise(setImmediate);
      // What is given must not change while it is looked at.
      expect(Buffer.compare(pixels!, given)).toBe(0);
      const data = Float32Array.from({ length: pictures }, (_, at) =>
        digest(given.subarray(at * slotLength, (at + 1) * slotLength)),
      );
      return { outputs: new Map([['digest', { data, dims: [pictures, 1] }]]), inferMs: 1 };
    },
    close: async () => {},
  };
}

const opened: { close(): Promise<void> }[] = [];
afterAll(() => Promise.all(opened.map((batches) => batches.close())));

interface Seen {
  readonly digest: number;
  readonly width: number;
}

function open(
  inference: Inference,
  read: (image: EncodedImage) => Promise<EncodedImage>,
): PictureBatches<EncodedImage, Seen> {
  const batches = inBatches<EncodedImage, Seen>({ inference, model, preprocessing }, read, {
    finds: 'a digest',
    read: (outputs, picture, { width }) => ({ digest: outputs.get('digest')!.data[picture]!, width }),
  });
  opened.push(batches);
  return batches;
}

async function expected(image: EncodedImage): Promise<Seen> {
  const slot = new Uint8Array(new SharedArrayBuffer(slotLength));
  const { width } = await placeImage(copyOf(image), { ...preprocessing, size, stride: null }, slot);
  return { digest: digest(slot), width };
}

describe.each<[Processor, number, number]>([
  ['cpu', 1, 1],
  ['cpu', 3, 1],
  ['cuda', 4, 2],
])('pictures in batches, on %s, %i at once, in %i threads', (device, batch, threads) => {
  it('are each seen as if alone, although their memory is used again and again', async () => {
    const images = await noises(40);
    const batches = open(standIn(device, batch, threads), async (image) => copyOf(image));
    const seen = await Promise.all([batches.run(images.slice(0, 25)), batches.run(images.slice(25))]);
    expect(seen.flat()).toEqual(await Promise.all(images.map(expected)));
  });

  it('fail alone where they are missing or broken, also all of a batch', async () => {
    const images = await noises(10);
    const isGood = (image: EncodedImage) => [0, 5, 9].includes(images.indexOf(image));
    const batches = open(standIn(device, batch, threads), async (image) => {
      if (isGood(image)) return copyOf(image);
      if (images.indexOf(image) % 2 === 0) throw new MillraceError('IMAGE_MISSING', `no such file: ${image.name}`);
      return { bytes: Uint8Array.of(0), name: image.name };
    });
    const seen = await batches.run(images);
    for (const [at, image] of images.entries()) {
      if (isGood(image)) expect(seen[at]).toEqual(await expected(image));
      else expect(seen[at]).toMatchObject({ error: { code: at % 2 === 0 ? 'IMAGE_MISSING' : 'IMAGE_BROKEN' } });
    }
  });

  it('do not fail for what is no fault of theirs', async () => {
    const batches = open(standIn(device, batch, threads), async () => {
      throw new MillraceError('DATABASE_UNREACHABLE', 'gone');
    });
    await expect(batches.run(await noises(2))).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  });
});

it('a GPU gets batches of one size, whatever is missing', async () => {
  const inference = standIn('cuda', 4, 2);
  const images = await noises(6);
  const batches = open(inference, async (image) => {
    if (image === images[1]) throw new MillraceError('IMAGE_MISSING', 'no such file');
    return copyOf(image);
  });
  await batches.run(images);
  expect(inference.sizes).toEqual([4, 4]);
});
