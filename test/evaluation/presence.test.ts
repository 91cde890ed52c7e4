import { expect, it } from 'vitest';
import { Classifications } from '../../src/evaluation/classification.ts';
import { measurePresence } from '../../src/evaluation/presence.ts';
import { boxesOf } from './figures.ts';

it('presence: counts images by whether a class is there and whether it is detected with the confidence', () => {
  const box = [0, 0, 10, 10];
  const { truth, found, classes } = boxesOf({
    images: [1, 2, 3, 4],
    categories: [5, 6],
    annotations: [
      [1, 5, ...box, 100, 0],
      [1, 5, ...box, 100, 0],
      [2, 5, ...box, 100, 1],
    ],
    // Found in 1 (twice) and in 3, where it is not; too weak in 2.
    detections: [
      [1, 5, ...box, 0.9],
      [1, 5, ...box, 0.25],
      [3, 5, ...box, 0.5],
      [2, 5, ...box, 0.2],
    ],
  });
  expect(measurePresence(truth, found, { classes, images: 4, confidence: 0.25 })).toEqual([
    { right: 2, wrong: 2, shown: 2, precision: 0.5, recall: 0.5 },
    { right: 4, wrong: 0, shown: 0, precision: null, recall: null },
  ]);
});

it('classification: counts the best class, the best five, and each class', () => {
  const counted = new Classifications(7);
  counted.add(0, [0, 1]);
  counted.add(0, [1, 0]);
  counted.add(1, [1]);
  counted.add(2, [6, 5, 4, 3, 1, 2]);
  counted.add(2, []);
  const { images, top1, top5, classes } = counted.measure();
  expect({ images, top1, top5 }).toEqual({ images: 5, top1: 0.4, top5: 0.6 });
  expect(classes.slice(0, 3)).toEqual([
    { classNo: 0, images: 2, right: 1, wrong: 1, precision: 1, recall: 0.5 },
    { classNo: 1, images: 1, right: 1, wrong: 1, precision: 0.5, recall: 1 },
    { classNo: 2, images: 2, right: 0, wrong: 2, precision: null, recall: 0 },
  ]);
  expect(new Classifications(1).measure()).toMatchObject({ images: 0, top1: null, top5: null });
});
