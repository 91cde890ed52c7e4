import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { difference, type Figures, figuresOf, type Input, measured } from './figures.ts';

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const golden = (name: string) => read(join(import.meta.dirname, name)) as Input & Figures;

/** A box of 10 × 10 pixels, in class 1 unless told otherwise. */
const truth = (image: number, x: number, category = 1) => [image, category, x, 0, 10, 10, 100, 0];
const found = (image: number, x: number, score: number, category = 1) => [image, category, x, 0, 10, 10, score];
const figures = (annotations: number[][], detections: number[][]) =>
  measured({ images: [1, 2], categories: [1, 2], annotations, detections }).figures;

describe("COCO's measure", () => {
  it('is 1 if every object is found exactly', () => {
    expect(figures([truth(1, 0), truth(2, 5)], [found(1, 0, 0.9), found(2, 5, 0.4)])).toMatchObject({
      ...{ AP50: expect.closeTo(1, 12), AR100: 1, AP_small: expect.closeTo(1, 12), AP: expect.closeTo(1, 12) },
      ...{ AP_medium: -1, AP_large: -1 },
    });
  });

  it('is 0 if nothing is found, and -1 if there is no object', () => {
    expect(figures([truth(1, 0)], [])).toMatchObject({ AP: 0, AP50: 0, AR100: 0, AR_large: -1 });
    expect(new Set(Object.values(figures([], [found(1, 0, 0.9)])))).toEqual(new Set([-1]));
  });

  it('counts 51 of 101 recalls for one of two objects', () => {
    expect(figures([truth(1, 0), truth(2, 0)], [found(1, 0, 0.9)]).AP50).toBeCloseTo(51 / 101, 12);
  });

  it('halves the precision if a wrong box has a higher score', () => {
    expect(figures([truth(1, 0)], [found(2, 0, 0.9), found(1, 0, 0.5)]).AP50).toBeCloseTo(0.5, 12);
  });

  it('counts the second box on an object as wrong', () => {
    const boxes = [found(1, 0, 0.9), found(1, 0, 0.8), found(2, 0, 0.7)];
    expect(figures([truth(1, 0), truth(2, 0)], boxes).AP50).toBeCloseTo((51 + (50 * 2) / 3) / 101, 12);
  });

  it('accepts a box at the thresholds that its overlap reaches', () => {
    // 10 x 10 boxes 2 px apart: intersection over union 80 / 120, reached by 0.50, 0.55, 0.60 and 0.65.
    expect(figures([truth(1, 0)], [found(1, 2, 0.9)])).toMatchObject({
      AP50: expect.closeTo(1, 12),
      AP75: 0,
      AP: expect.closeTo(0.4, 12),
    });
  });

  it('neither rewards nor punishes boxes inside a crowd', () => {
    const crowd = [1, 1, 100, 0, 50, 50, 2500, 1];
    const boxes = [found(1, 110, 0.9), found(1, 120, 0.8), found(1, 0, 0.7)];
    const { classes } = measured({
      images: [1],
      categories: [1],
      annotations: [truth(1, 0), crowd],
      detections: boxes,
    });
    expect(classes).toMatchObject([{ objects: 1, detections: 3, figures: { AP50: expect.closeTo(1, 12) } }]);
  });

  it('averages over the classes that have objects', () => {
    expect(figures([truth(1, 0), truth(1, 50, 2)], [found(1, 0, 0.9)]).AP50).toBeCloseTo(0.5, 12);
    expect(figures([truth(1, 0)], [found(1, 0, 0.9), found(1, 50, 0.9, 2)]).AP50).toBeCloseTo(1, 12);
  });
});

describe('the twelve figures and those of each class equal pycocotools', () => {
  it('on random boxes with crowds, equal scores, areas of all sizes and more than 100 boxes in an image', () => {
    const given = golden('pycocotools.json');
    expect(difference(figuresOf(given), given)).toBeLessThan(1e-9);
  });

  it("on scenes of the demo, with the demo model's detections", () => {
    const given = golden('scenes.json');
    expect(difference(figuresOf(given), given)).toBeLessThan(1e-9);
  });

  const real = join(import.meta.dirname, '../../../shared/real');
  it.skipIf(!existsSync(real))("on 64 real photos, with the reference's detections (../shared/real)", () => {
    expect(difference(figuresOf(realInput(real)), golden('real-figures.json'))).toBeLessThan(1e-9);
  });

  const python = process.env.MILLRACE_PYTHON_COCO;
  it.skipIf(python === undefined)('as run here by the Python of MILLRACE_PYTHON_COCO', () => {
    const inputs = [golden('pycocotools.json'), golden('scenes.json'), ...(existsSync(real) ? [realInput(real)] : [])];
    for (const input of inputs) expect(difference(figuresOf(input), figuresByPython(input))).toBeLessThan(1e-9);
  });

  function figuresByPython(input: Input): Figures {
    const script = join(import.meta.dirname, 'coco-figures.py');
    const { stdout, stderr } = spawnSync(python!, [script], { input: JSON.stringify(input), encoding: 'utf8' });
    expect(stdout, stderr).not.toBe('');
    return JSON.parse(stdout);
  }
});

type Annotation = Readonly<Record<'image_id' | 'category_id' | 'area' | 'iscrowd', number>> & { bbox: number[] };

/** The photos' annotations, and the reference's detections of classes by their order in COCO. */
function realInput(folder: string): Input {
  const { images, annotations, categories } = read(join(folder, 'instances.json'));
  const detected: Record<string, { square640_conf25_iou45: number[][] }> = read(join(folder, 'yolov5n_reference.json'));
  const ids = categories.map(({ id }: { id: number }) => id).sort((a: number, b: number) => a - b);
  return {
    images: images.map(({ id }: { id: number }) => id),
    categories: ids,
    annotations: annotations.map(({ image_id, category_id, bbox, area, iscrowd }: Annotation) => [
      ...[image_id, category_id, ...bbox, area, iscrowd],
    ]),
    detections: images.flatMap(({ id, file_name }: { id: number; file_name: string }) =>
      (detected[file_name]?.square640_conf25_iou45 ?? []).map(([x1, y1, x2, y2, score, classId]) => [
        ...[id, ids[classId!], x1!, y1!, x2! - x1!, y2! - y1!, score!],
      ]),
    ),
  };
}

describe("properties of COCO's measure", () => {
  const side = fc.integer({ min: 4, max: 120 });
  const place = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 3 }));
  const corner = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 }), side, side);
  const annotation = fc
    .tuple(place, corner, fc.integer({ min: 0, max: 9 }))
    .map(([at, box, crowd]) => [...at, ...box, box[2] * box[3], crowd === 0 ? 1 : 0]);
  /** Scores without ties: those of the places in the list. */
  const detections = fc
    .array(fc.tuple(place, corner), { maxLength: 40 })
    .chain((boxes) =>
      fc
        .shuffledSubarray([...boxes.keys()], { minLength: boxes.length })
        .map((ranks) => boxes.map(([at, box], index) => [...at, ...box, (ranks[index]! + 1) / (boxes.length + 1)])),
    );
  const input = fc
    .tuple(fc.array(annotation, { maxLength: 25 }), detections)
    .map(
      ([annotations, detections]): Input => ({ images: [0, 1, 2, 3], categories: [1, 2, 3], annotations, detections }),
    );

  it('lies between 0 and 1, or is -1 without ground truth', () => {
    fc.assert(
      fc.property(input, (given) => {
        const { stats, perClass } = figuresOf(given);
        for (const value of [...stats, ...perClass.flatMap(([, ...values]) => values)])
          expect(value === -1 || (value >= 0 && value <= 1 + 1e-12)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('depends neither on the numbers of the images nor on the order of the rows, without ties', () => {
    fc.assert(
      fc.property(input, (given) => {
        const mirrored = (rows: Input['detections']) => rows.map(([image, ...rest]) => [3 - image!, ...rest]).reverse();
        const other = { ...given, annotations: [...given.annotations], detections: mirrored(given.detections) };
        const annotations = given.annotations.map(([image, ...rest]) => [3 - image!, ...rest]);
        expect(difference(figuresOf({ ...other, annotations }), figuresOf(given))).toBeLessThan(1e-12);
      }),
      { numRuns: 60 },
    );
  });

  it('depends on the order of the scores only, not on their values', () => {
    fc.assert(
      fc.property(input, (given) => {
        const detections = given.detections.map((row) => [...row.slice(0, 6), row[6]! ** 3 / 7]);
        expect(difference(figuresOf({ ...given, detections }), figuresOf(given))).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('does not rise by a wrong detection that is better than all others', () => {
    fc.assert(
      fc.property(input, (given) => {
        const wrong = [0, 1, 5000, 5000, 20, 20, 1];
        const worse = measured({ ...given, detections: [wrong, ...given.detections] }).figures.AP50;
        expect(worse).toBeLessThanOrEqual(measured(given).figures.AP50 + 1e-12);
      }),
      { numRuns: 60 },
    );
  });
});
