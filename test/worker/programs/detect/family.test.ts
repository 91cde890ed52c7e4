import { describe, expect, it } from 'vitest';
import type { OutputShape } from '../../../../src/worker/model/look-at-model.ts';
import { recogniseFamily as recognise } from '../../../../src/worker/programs/detect/family.ts';

const square = { width: 640, height: 640 };
const recogniseFamily = (outputs: readonly OutputShape[], names: number | null, size = square, task?: string) =>
  recognise(outputs, { names, task, size });
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
    expect(recogniseFamily(outputs, classes, size).family.name).toBe(name);
  });

  it.each([
    ['a detector with non-maximum suppression inside (YOLOv10, YOLO26 or an export with nms=True)', output(1, 300, 6)],
    ['a detector with non-maximum suppression inside (YOLOv7 with end2end)', output(12, 7)],
    [
      'a detector with non-maximum suppression inside (EfficientNMS or BatchedNMS of TensorRT)',
      [
        { name: 'num_dets', dims: [1, 1] },
        { name: 'det_boxes', dims: [1, 100, 4] },
      ],
    ],
    ['YOLOX', output(1, 8400, 85)],
    ['a YOLO model for masks, key points or rotated boxes', output(1, 116, 8400)],
    ['an image classifier', output(1, 1000)],
    ['an image classifier', output(1, 1000, 1, 1)],
    [
      'a detector of SSD or another family that gives boxes and scores apart',
      [
        { name: 'scores', dims: [1, 4420, 2] },
        { name: 'boxes', dims: [1, 4420, 4] },
      ],
    ],
    ['a YOLO model exported without its detection head', output(1, 3, 80, 80, 85)],
    [
      'a torchvision detector',
      [
        { name: 'boxes', dims: [5, 4] },
        { name: 'labels', dims: [5] },
        { name: 'scores', dims: [5] },
      ],
    ],
    ['a TensorFlow object detection model', [{ name: 'detection_boxes', dims: [1, 100, 4] }]],
  ])('refuses %s by name', (name, outputs) => {
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
    ['1 names, 80 classes in YOLOv5', output(1, 25200, 85), 1],
    ['2 names, 3 classes in YOLOv8', output(1, 7, 8400), 2],
  ])('says that names and output differ: %s', (differ, outputs, names) => {
    expect(() => recogniseFamily(outputs, names)).toThrow(
      `the model's names and its output differ: ${differ}'s output`,
    );
  });

  it.each([
    [
      "the model is a detector with YOLOv8's output for 79 classes, and its metadata have no 'names'",
      output(1, 83, 8400),
    ],
    ["the model is a detector with YOLOv5's output for 1 class, and its metadata have no 'names'", output(1, 25200, 6)],
    ['the model looks like YOLOX, or a transposed YOLOv8', output(1, 8400, 85)],
    ['the model looks like an image classifier', output(1, 1000)],
  ])('without names: %s', (message, outputs) => {
    expect(() => recogniseFamily(outputs, null)).toThrow(message);
  });

  it.each([
    ['rotated boxes (OBB)', output(1, 7, 8400), 'obb'],
    ['key points', output(1, 57, 8400), 'pose'],
    ['masks', [...output(1, 38, 8400), { name: 'output1', dims: [1, 32, 160, 160] }], undefined],
    ['masks', [...output(1, 25200, 39), { name: 'output1', dims: [1, 32, 160, 160] }], undefined],
  ])('names what a YOLO model is for: %s', (what, outputs, task) => {
    expect(() => recogniseFamily(outputs, 2, square, task)).toThrow(`the model is a YOLO model for ${what}: `);
  });

  it('does not call a model for rotated boxes without a task one with suppression inside', () => {
    expect(() => recogniseFamily(output(1, 7, 84), 2, { width: 64, height: 64 })).toThrow(
      "3 classes in YOLOv8's output, or its boxes are rotated (OBB)",
    );
  });
});
