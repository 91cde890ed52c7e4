import { describe, expect, it } from 'vitest';
import { usualClassifierNames, usualDetectorNames } from '../../../src/worker/programs/usual-names.ts';

describe('class names by the number of classes alone', () => {
  it.each([
    [80, 0, 'person'],
    [80, 79, 'toothbrush'],
    [90, 0, 'person'],
    [91, 0, 'background'],
    [91, 90, 'toothbrush'],
    [91, 12, 'class 12'],
    [91, 13, 'stop sign'],
  ])("are COCO's for a detector with %i classes: %i is %s", (classes, id, name) => {
    const found = usualDetectorNames(classes)!;
    expect([found.dataset, found.names.length, found.names[id]]).toEqual(['COCO', classes, name]);
  });

  it.each([
    [1000, 0, 'tench'],
    [1000, 999, 'toilet tissue'],
    [1001, 0, 'background'],
    [1001, 1, 'tench'],
  ])("are ImageNet's for a classifier with %i classes: %i is %s", (classes, id, name) => {
    const found = usualClassifierNames(classes)!;
    expect([found.dataset, found.names.length, found.names[id]]).toEqual(['ImageNet', classes, name]);
  });

  it('are unknown for other numbers', () => {
    expect([usualDetectorNames(20), usualClassifierNames(10)]).toEqual([null, null]);
  });
});
