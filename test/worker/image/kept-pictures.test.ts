import { afterAll, describe, expect, it } from 'vitest';
import { type KeptPictures, keepHere, keepInThreads } from '../../../src/worker/image/kept-pictures.ts';
import { type PlacingRules, placeImage, type Slot } from '../../../src/worker/image/placing.ts';
import { copyOf, noises } from './images.ts';

const square = (side: number): PlacingRules => ({
  placement: 'letterbox',
  padding: 114,
  size: { width: side, height: side },
  stride: null,
});
const inputs: readonly PlacingRules[] = [square(64), { ...square(32), placement: 'centre-crop' }, square(96)];
const slotFor = ({ size }: PlacingRules): Slot => new Uint8Array(new SharedArrayBuffer(3 * size.width * size.height));

const opened: KeptPictures[] = [];
afterAll(() => Promise.all(opened.map((kept) => kept.close())));

const ways: [string, () => KeptPictures][] = [
  ['in the thread that asks', () => keepHere(inputs)],
  ['without memory to keep them', () => keepHere(inputs, 0)],
  ['with memory for one of them', () => keepHere(inputs, 5000)],
  ['in two threads', () => keepInThreads(inputs, 2)],
];

describe.each(ways)('pictures are kept %s', (_, way) => {
  it('and lie in each input as if they were decoded for it', async () => {
    const kept = way();
    opened.push(kept);
    const images = await noises(12);
    await Promise.all(
      images.map(async (image, at) => {
        const slots = inputs.map(slotFor);
        const first = at % inputs.length;
        const picture = await kept.open(copyOf(image), (input) => slots[input]!, first);
        for (const input of inputs.keys()) if (input !== first) await picture.place(input);
        for (const [input, rules] of inputs.entries()) {
          const alone = slotFor(rules);
          await placeImage(copyOf(image), rules, alone);
          expect(Buffer.compare(slots[input]!, alone)).toBe(0);
        }
        picture.drop();
        picture.drop();
      }),
    );
  });

  it('and are refused if they are broken', async () => {
    const kept = way();
    opened.push(kept);
    const broken = { bytes: Uint8Array.of(1, 2, 3), name: 'broken.jpg' };
    const open = kept.open(broken, (input) => slotFor(inputs[input]!), 0);
    await expect(open).rejects.toMatchObject({ code: 'IMAGE_BROKEN' });
  });
});

it('a picture is placed in another input only when it is asked for', async () => {
  const [image] = await noises(1);
  const slots = inputs.map(slotFor);
  const picture = await keepHere(inputs).open(copyOf(image!), (input) => slots[input]!, 0);
  expect(slots[1]!.some((byte) => byte !== 0)).toBe(false);
  await picture.place(1);
  expect(slots[1]!.some((byte) => byte !== 0)).toBe(true);
  expect(slots[2]!.some((byte) => byte !== 0)).toBe(false);
});
