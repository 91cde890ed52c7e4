import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { freeMemory } from '../../../src/worker/image/free-memory.ts';
import {
  type Placing,
  type PlacingRules,
  placeHere,
  placeImage,
  placeInThreads,
  type Slot,
} from '../../../src/worker/image/placing.ts';
import { copyOf, noise, noises } from './images.ts';

const rules: PlacingRules = { placement: 'letterbox', padding: 114, size: { width: 64, height: 64 }, stride: null };
const slot = (): Slot => new Uint8Array(new SharedArrayBuffer(64 * 64 * 3));

const opened: Placing[] = [];
afterAll(() => Promise.all(opened.map((placing) => placing.close())));
function open(placing: Placing): Placing {
  opened.push(placing);
  return placing;
}

const ways: [string, () => Placing][] = [
  ['in the thread that asks', () => placeHere(rules)],
  ['in one thread', () => placeInThreads(rules, 1)],
  ['in three threads', () => placeInThreads(rules, 3)],
];

describe.each(ways)('images are placed %s', (_, way) => {
  it('as if each were alone, whatever lay in its place before', async () => {
    const images = await noises(20);
    const placing = open(way());
    const slots = [slot(), slot(), slot(), slot()];
    for (let from = 0; from < images.length; from += slots.length) {
      const group = images.slice(from, from + slots.length);
      const placed = await Promise.all(group.map((image, at) => placing.place(copyOf(image), slots[at]!)));
      for (const [at, image] of group.entries()) {
        const fresh = slot();
        expect(placed[at]).toEqual(await placeImage(copyOf(image), rules, fresh));
        expect(Buffer.compare(slots[at]!, fresh)).toBe(0);
      }
    }
  });

  it('although one of them is broken', async () => {
    const placing = open(way());
    const broken = { bytes: Uint8Array.of(1, 2, 3), name: 'broken.jpg' };
    const [good, bad] = await Promise.allSettled([
      placing.place(await noise(10, 10, 1), slot()),
      placing.place(broken, slot()),
    ]);
    expect(good).toMatchObject({ status: 'fulfilled', value: { width: 10, height: 10 } });
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'IMAGE_BROKEN' } });
    expect((bad as PromiseRejectedResult).reason.message).toContain('broken.jpg');
  });

  it('from bytes that share their memory with others, which stay as they are', async () => {
    const { bytes, name } = await noise(10, 10, 1);
    const shared = new Uint8Array(bytes.length + 8);
    shared.set(bytes, 4);
    const part = { bytes: shared.subarray(4, 4 + bytes.length), name };
    expect(await open(way()).place(part, slot())).toMatchObject({ width: 10 });
    expect(shared.subarray(4, 4 + bytes.length)).toEqual(bytes);
  });
});

describe('threads that place images', () => {
  it("take bytes that lie in a library's memory", async () => {
    const { bytes } = await noise(10, 10, 1);
    const jpeg = await sharp(bytes).jpeg().toBuffer();
    const placing = open(placeInThreads(rules, 1));
    expect(await placing.place({ bytes: jpeg, name: 'a.jpg' }, slot())).toMatchObject({ width: 10, height: 10 });
  });

  it('finish what they began when they are closed, and begin nothing more', async () => {
    const placing = placeInThreads(rules, 2);
    const images = await noises(6);
    const started = images.map((image) => placing.place(image, slot()));
    await placing.close();
    expect((await Promise.all(started)).map(({ width }) => width)).toEqual([64, 50, 16, 100, 7, 64]);
    await expect(placing.place(await noise(4, 4, 1), slot())).rejects.toMatchObject({
      code: 'INFERENCE_FAILED',
      message: 'the model was closed',
    });
  });
});

describe('memory that is freed', () => {
  it('is given back at once', () => {
    const bytes = new Uint8Array(1000);
    freeMemory(bytes);
    expect(bytes.length).toBe(0);
  });

  it('is kept where others use it, too', () => {
    const all = new Uint8Array(1000).fill(7);
    freeMemory(all.subarray(0, 500));
    freeMemory(new Uint8Array(new SharedArrayBuffer(10)));
    expect(all.every((byte) => byte === 7)).toBe(true);
    expect(all.length).toBe(1000);
  });
});
