import { describe, expect, it } from 'vitest';
import type { DetectedImage } from '../../../../src/worker/programs/detect/detector.ts';
import { errorsOf } from '../../../../src/worker/programs/detect/simulated-errors.ts';

const classNames = ['person', 'cat', 'dog', 'cup'];
const model = { model: '/models/demo.onnx', latency: null, class_coverage: null };
const images = Array.from({ length: 2000 }, (_, at) => Buffer.from(`picture ${at}`));

/** The classes of each image, of which the model itself sees one cat each. */
async function seen(settings: Parameters<typeof errorsOf>[0], of = images): Promise<readonly (readonly string[])[]> {
  const { sources, erring } = errorsOf(
    settings,
    classNames,
  )(of.map((bytes) => ({ read: async () => ({ bytes, name: 'a' }) })));
  await Promise.all(sources.map((source) => source.read()));
  const cat = { classId: 1, className: 'cat', score: 0.5, x1: 1, y1: 2, x2: 3, y2: 4, extras: {} };
  const detected: DetectedImage = { detections: [cat], width: 8, height: 8, timings: { decodeMs: 1, inferMs: 1 } };
  return erring(of.map(() => detected)).map((image) =>
    'error' in image ? ['failed'] : image.detections.map(({ className }) => className),
  );
}

function share(classes: readonly (readonly string[])[], name: string): number {
  return classes.filter(([first]) => first === name).length / classes.length;
}

describe('a simulated model', () => {
  it('is right with its accuracy, and names each of the other classes otherwise', async () => {
    const classes = await seen({ ...model, accuracy: 0.7 });
    expect(share(classes, 'cat')).toBeCloseTo(0.7, 1);
    for (const other of ['person', 'dog', 'cup']) expect(share(classes, other)).toBeCloseTo(0.1, 1);
  });

  it('is always right with an accuracy of 1, and never with 0', async () => {
    expect(share(await seen({ ...model, accuracy: 1 }), 'cat')).toBe(1);
    expect(share(await seen({ ...model, accuracy: 0 }), 'cat')).toBe(0);
  });

  it('makes the same errors in the same images, wherever they are in a run', async () => {
    const once = await seen({ ...model, accuracy: 0.5 });
    const again = await seen({ ...model, accuracy: 0.5 }, images.toReversed());
    expect(again.toReversed()).toEqual(once);
  });

  it('makes other errors than another variation', async () => {
    const one = await seen({ ...model, accuracy: 0.5 });
    const other = await seen({ ...model, accuracy: 0.5, latency: 20 });
    expect(one).not.toEqual(other);
  });

  it('names only classes that it knows', async () => {
    const classes = await seen({ ...model, accuracy: 0, class_coverage: ['1', 'dog'] });
    expect(new Set(classes.flat())).toEqual(new Set(['dog']));
  });

  it('misses what it cannot mistake for another class', async () => {
    const classes = await seen({ ...model, accuracy: 0.25, class_coverage: ['cat'] });
    expect(classes.filter((each) => each.length === 0).length / classes.length).toBeCloseTo(0.75, 1);
  });
});
