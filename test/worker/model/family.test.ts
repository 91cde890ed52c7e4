import { describe, expect, it } from 'vitest';
import { recogniseFamily } from '../../../src/worker/model/family.ts';

const square = { width: 640, height: 640 };
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
  ] as const)('%s: %j for %i classes', (name, outputs, classes, size) => {
    expect(recogniseFamily(outputs, classes, size).name).toBe(name);
  });

  it.each([
    ['a detector with non-maximum suppression inside (YOLOv10, YOLO26 or an export with nms=True)', output(1, 300, 6)],
    ['a detector with non-maximum suppression inside (YOLOv10, YOLO26 or an export with nms=True)', output(12, 7)],
    ['YOLOX', output(1, 8400, 85)],
    ['a YOLO model for masks, key points or rotated boxes', output(1, 116, 8400)],
    ['an image classifier', output(1, 1000)],
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
});
