import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DetectedBox, GroundTruthBox } from '../../src/evaluation/boxes.ts';
import { meanAveragePrecision } from '../../src/evaluation/mean-average-precision.ts';

const box = (x1: number, y1: number, size: number) => ({ x1, y1, x2: x1 + size, y2: y1 + size });
const truth = (image: number, x1: number, more: Partial<GroundTruthBox> = {}): GroundTruthBox => ({
  image,
  classId: 0,
  ...box(x1, 0, 10),
  ...more,
});
const found = (image: number, x1: number, score: number, more: Partial<DetectedBox> = {}): DetectedBox => ({
  image,
  classId: 0,
  score,
  ...box(x1, 0, 10),
  ...more,
});

describe('mean average precision', () => {
  it('is 1 if every object is found exactly', () => {
    const { map50, map5095 } = meanAveragePrecision([truth(1, 0), truth(2, 5)], [found(1, 0, 0.9), found(2, 5, 0.4)]);
    expect([map50, map5095]).toEqual([1, 1]);
  });

  it('is 0 if nothing is found', () => {
    expect(meanAveragePrecision([truth(1, 0)], [])).toMatchObject({ map50: 0, map5095: 0 });
  });

  it('is NaN if there are no objects', () => {
    expect(meanAveragePrecision([], [found(1, 0, 0.9)])).toEqual({
      map50: Number.NaN,
      map5095: Number.NaN,
      perClass: [],
    });
  });

  it('counts 51 of 101 recalls for one of two objects', () => {
    expect(meanAveragePrecision([truth(1, 0), truth(2, 0)], [found(1, 0, 0.9)]).map50).toBeCloseTo(51 / 101, 12);
  });

  it('halves the precision if a wrong box has a higher score', () => {
    expect(meanAveragePrecision([truth(1, 0)], [found(2, 0, 0.9), found(1, 0, 0.5)]).map50).toBe(0.5);
  });

  it('counts the second box on an object as wrong', () => {
    const boxes = [found(1, 0, 0.9), found(1, 0, 0.8), found(2, 0, 0.7)];
    expect(meanAveragePrecision([truth(1, 0), truth(2, 0)], boxes).map50).toBeCloseTo((51 + (50 * 2) / 3) / 101, 12);
  });

  it('accepts a box at the thresholds that its overlap reaches', () => {
    // 10 x 10 boxes 2 px apart: intersection over union 80 / 120, reached by 0.50, 0.55, 0.60 and 0.65.
    expect(meanAveragePrecision([truth(1, 0)], [found(1, 2, 0.9)])).toMatchObject({ map50: 1, map5095: 0.4 });
  });

  it('neither rewards nor punishes boxes inside a crowd', () => {
    const crowd = truth(1, 100, { ...box(100, 0, 50), crowd: true });
    const result = meanAveragePrecision(
      [truth(1, 0), crowd],
      [found(1, 110, 0.9), found(1, 120, 0.8), found(1, 0, 0.7)],
    );
    expect(result.perClass).toEqual([{ classId: 0, objects: 1, map50: 1, map5095: 1 }]);
  });

  it('averages over the classes that have objects', () => {
    const detections = [found(1, 0, 0.9), found(1, 50, 0.9, { classId: 7 })];
    const { map50, perClass } = meanAveragePrecision([truth(1, 0), truth(1, 50, { classId: 3 })], detections);
    expect(map50).toBe(0.5);
    expect(perClass.map(({ classId, map50 }) => [classId, map50])).toEqual([
      [0, 1],
      [3, 0],
    ]);
  });

  it('equals pycocotools on random boxes with crowds, equal scores and more than 100 boxes in an image', () => {
    const golden = JSON.parse(readFileSync(new URL('pycocotools.json', import.meta.url), 'utf8'));
    const corners = ([x, y, width, height]: number[]) => ({ x1: x!, y1: y!, x2: x! + width!, y2: y! + height! });
    const groundTruth = golden.groundTruth.map(([image, classId, ...rest]: number[]) => ({
      image,
      classId,
      ...corners(rest),
      crowd: rest[4] === 1,
    }));
    const detections = golden.detections.map(([image, classId, ...rest]: number[]) => ({
      image,
      classId,
      ...corners(rest),
      score: rest[4],
    }));
    const ours = meanAveragePrecision(groundTruth, detections);
    expect(ours.map50).toBeCloseTo(golden.map50, 9);
    expect(ours.map5095).toBeCloseTo(golden.map5095, 9);
    expect(ours.perClass.map(({ classId }) => classId)).toEqual(
      golden.perClass.map(({ classId }: { classId: number }) => classId),
    );
    for (const [at, expected] of golden.perClass.entries()) {
      expect(ours.perClass[at]!.map50).toBeCloseTo(expected.map50, 9);
      expect(ours.perClass[at]!.map5095).toBeCloseTo(expected.map5095, 9);
    }
  });
});
