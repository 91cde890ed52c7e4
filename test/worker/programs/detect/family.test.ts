import { describe, expect, it } from 'vitest';
import type { OutputShape } from '../../../../src/worker/model/look-at-model.ts';
import { recogniseFamily as recognise } from '../../../../src/worker/programs/detect/families/recognise.ts';

const square = { width: 640, height: 640 };
const recogniseFamily = (outputs: readonly OutputShape[], names: number | null, size = square, task?: string) =>
  recognise(
    { outputs, otherInputs: [], names, metadata: new Map(task === undefined ? [] : [['task', task]]), size },
    null,
  );
const output = (...dims: number[]) => [{ name: 'output0', dims }];

describe('families of detectors', () => {
  it.each([
    ['yolov5', output(1, 25200, 85), 80, square],
    ['yolov5', output(4, 25200, 6), 1, square],
    ['yolov5', output(1, 6300, 85), 80, { width: 320, height: 320 }],
    ['yolov5', output(1, 102000, 85), 80, { width: 1280, height: 1280 }],
    ['yolov5', [...output(1, 25200, 85), { name: 'head', dims: [1, 3, 80, 80, 85] }], 80, square],
    ['yolov8', output(1, 84, 8400), 80, square],
    ['yolov8', output(1, 5, 2100), 1, { width: 320, height: 320 }],
    ['yolov8', output(1, 84, 5040), 80, { width: 640, height: 384 }],
    ['yolov8', output(1, 6, 340), 2, { width: 64, height: 64 }],
    ['yolov8', output(1, 7, 340), 3, { width: 64, height: 64 }],
    ['yolov8', output(1, 84, 34000), 80, square],
    ['yolov8', output(1, 84, 8500), 80, square],
    ['yolov8', output(1, 8400, 84), 80, square],
    ['yolov8', output(1, 84, 6), 2, { width: 64, height: 64 }],
    ['yolov5', output(1, 1020, 7), 2, { width: 64, height: 64 }],
    ['yolov5', output(1, 1020, 6), 1, { width: 64, height: 64 }],
  ] as const)('%s: %j for %i classes', (name, outputs, classes, size) => {
    expect(recogniseFamily(outputs, classes, size).family).toBe(name);
  });

  it.each([
    ['yolov10', output(1, 300, 6), 80],
    ['yolov10', output(1, 300, 6), null],
    ['yolov7-end2end', output(12, 7), null],
    ['yolox', output(1, 8400, 85), 80],
    ['yolox', output(1, 8400, 85), null],
    ['yolov8', output(1, 8400, 84), null],
    ['nanodet', output(1, 8500, 112), null],
    ['rtdetr', output(1, 300, 84), null],
    ['yolov8', output(1, 116, 8400), null],
    ['yolov8', output(1, 56, 8400), 1],
  ] as const)('%s: %j with %j names', (family, dims, names) => {
    const prototypes = dims[0]!.dims[1] === 116 ? [{ name: 'output1', dims: [1, 32, 160, 160] }] : [];
    expect(recogniseFamily([...dims, ...prototypes], names).family).toBe(family);
  });

  it.each([
    ['an image classifier', output(1, 1000)],
    ['an image classifier', output(1, 1000, 1, 1)],
    ['an image classifier', output(1, 1, 1, 1000)],
    ['a YOLO model exported without its detection head', output(1, 3, 80, 80, 85)],
    [
      'a detector of MMDetection',
      [
        { name: 'dets', dims: [1, 100, 5] },
        { name: 'labels', dims: [1, 100] },
      ],
    ],
    [
      'the face detector YuNet',
      [
        { name: 'cls_8', dims: [1, 6400, 1] },
        { name: 'bbox_8', dims: [1, 6400, 4] },
      ],
    ],
  ])('refuses %s by name: %j', (name, outputs) => {
    expect(() => recogniseFamily(outputs, 80, square)).toThrow(
      `the model looks like ${name}: outputs ${outputs[0]!.name} [`,
    );
  });

  it('refuses an unknown layout with what it found', () => {
    expect(() => recogniseFamily(output(1, 84, 777), 80, square)).toThrow(
      "the layout of the model's output is unknown: outputs output0 [1, 84, 777] for 80 classes and an input of 640 x 640",
    );
  });

  it('refuses names that are not those of the model', () => {
    expect(() => recogniseFamily(output(1, 84, 8400), 91, square)).toThrow('for 91 classes');
  });

  it.each([
    ['80 names, 1 class in YOLOv8', output(1, 5, 8400), 80],
    ['79 names, 80 classes in YOLOv8', output(1, 84, 8400), 79],
    ['1 name, 80 classes in YOLOv5', output(1, 25200, 85), 1],
    ['2 names, 3 classes in YOLOv8', output(1, 7, 8400), 2],
  ])('says that names and output differ: %s', (differ, outputs, names) => {
    expect(() => recogniseFamily(outputs, names)).toThrow(
      `the model's names and its output differ: ${differ}'s output`,
    );
  });

  it.each([
    ['YOLOv8 for 79 classes', output(1, 83, 8400)],
    ['YOLOv5 for 1 class', output(1, 25200, 6)],
    ['transposed YOLOv8 for 3 classes', output(1, 8400, 7)],
  ])('without names, says the family and what is missing: %s', (what, outputs) => {
    expect(() => recogniseFamily(outputs, null)).toThrow(
      `the model is a detector of the family ${what}, and nothing names its classes`,
    );
  });

  it('does not call a model for rotated boxes without a task one with suppression inside', () => {
    expect(() => recogniseFamily(output(1, 7, 84), 2, { width: 64, height: 64 })).toThrow(
      "3 classes in YOLOv8's output, or its boxes are rotated (OBB)",
    );
  });
});
