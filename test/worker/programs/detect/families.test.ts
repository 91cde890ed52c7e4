import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import type { DetectorFamilyName } from '../../../../src/programs/detector-families.ts';
import { readOwnImage } from '../../../../src/worker/image/read-image.ts';
import { lookAtDeclaration } from '../../../../src/worker/model/look-at-model.ts';
import { type Detector, loadDetector } from '../../../../src/worker/programs/detect/detector.ts';
import { type DetectorSettings, lookAtDetector } from '../../../../src/worker/programs/detect/detector-model.ts';
import { type ModelSketch, onnxModel } from '../../onnx-model.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

// Every model is a real file that always answers the same: one dog, with a score of 0.75, at x 40 to 80 and y 16 to 48 of a picture of
// 128 x 64. In an input of 64 x 64 it lies at x 20 to 40, and at y 24 to 40 (letterbox), 8 to 24 (top-left) or 16 to 48 (stretched).

const file = temporaryFolder();
const names = { names: "{0: 'cat', 1: 'dog'}" };
const place = { modelRoot: null, device: 'cpu', threads: 1, imageSize: null, confidence: 0.25 } as const;
const box = { x1: 40, y1: 16, x2: 80, y2: 48 };

const loaded: Detector<string>[] = [];
afterAll(() => Promise.all(loaded.map((detector) => detector.close())));

function settingsFor(sketch: ModelSketch, more: Partial<DetectorSettings> = {}): DetectorSettings {
  const modelFile = file('model.onnx', onnxModel({ input: [1, 3, 64, 64], metadata: names, ...sketch }));
  return { ...place, modelFile, ...more };
}

async function detect(sketch: ModelSketch, more: Partial<DetectorSettings> = {}) {
  const detector = await loadDetector(settingsFor(sketch, more), readOwnImage);
  loaded.push(detector);
  const grey = { create: { width: 128, height: 64, channels: 3 as const, background: '#888' } };
  const [result] = await detector.detect([file('wide.png', await sharp(grey).png().toBuffer())]);
  return { model: detector.model, result: result! };
}

/** Rows of zeros, but for those that are given by their number. */
function rows(count: number, width: number, given: Readonly<Record<number, readonly number[]>>): Float32Array {
  const values = new Float32Array(count * width);
  for (const [row, numbers] of Object.entries(given)) values.set(numbers, Number(row) * width);
  return values;
}

function transposed(values: Float32Array, count: number, width: number): Float32Array {
  return Float32Array.from(
    { length: values.length },
    (_, at) => values[(at % count) * width + Math.floor(at / count)]!,
  );
}

const yoloRow = [30, 32, 20, 16];

/** A distribution over 8 distances whose mean is `strides`. */
function distances(strides: number): number[] {
  const near = [Math.floor(strides), Math.ceil(strides)];
  return Array.from({ length: 8 }, (_, bin) => (near.includes(bin) ? 100 : 0));
}

const yolov8 = (boxes: number): ModelSketch => ({
  outputs: [{ dims: [1, 6, boxes], values: transposed(rows(boxes, 6, { 7: [...yoloRow, 0, 0.75] }), boxes, 6) }],
});
const yolov5 = (boxes: number): ModelSketch => ({
  outputs: [{ dims: [1, boxes, 7], values: rows(boxes, 7, { 5: [...yoloRow, 0.75, 0, 1] }) }],
});
const ids = (...values: number[]) => BigInt64Array.from(values, BigInt);
const floats = (...values: number[]) => Float32Array.from(values);
const stretchedMiddle = [0.46875, 0.5, 0.3125, 0.5];

const models: readonly (readonly [what: string, family: DetectorFamilyName, label: string, sketch: ModelSketch])[] = [
  ['strides 8, 16, 32', 'yolov5', 'YOLOv5', yolov5(252)],
  ['strides 4 to 32 (P2)', 'yolov5', 'YOLOv5', yolov5(1020)],
  ['strides 8 to 64 (P6)', 'yolov5', 'YOLOv5', yolov5(255)],
  ['strides 8, 16, 32', 'yolov8', 'YOLOv8', yolov8(84)],
  ['strides 4 to 32 (P2)', 'yolov8', 'YOLOv8', yolov8(340)],
  ['half precision in and out of 16 bits', 'yolov8', 'YOLOv8', { ...yolov8(84), inputType: 'float16' }],
  ['bytes as rows of pixels', 'yolov8', 'YOLOv8', { ...yolov8(84), input: [1, 64, 64, 3], inputType: 'uint8' }],
  ['a free batch', 'yolov8', 'YOLOv8', { ...yolov8(84), input: ['batch', 3, 64, 64] }],
  ['opset 11', 'yolov8', 'YOLOv8', { ...yolov8(84), opset: 11 }],
  ['opset 21', 'yolov8', 'YOLOv8', { ...yolov8(84), opset: 21, irVersion: 10 }],
  [
    'transposed',
    'yolov8',
    'transposed YOLOv8',
    { outputs: [{ dims: [1, 84, 6], values: rows(84, 6, { 9: [...yoloRow, 0, 0.75] }) }] },
  ],
  [
    'suppression inside',
    'yolov10',
    'YOLOv10',
    { outputs: [{ dims: [1, 300, 6], values: rows(300, 6, { 0: [20, 24, 40, 40, 0.75, 1] }) }] },
  ],
  [
    'boxes of several pictures',
    'yolov7-end2end',
    'YOLOv7 with suppression inside (end2end)',
    {
      outputs: [{ dims: [2, 7], values: rows(2, 7, { 0: [0, 20, 24, 40, 40, 1, 0.75], 1: [1, 0, 0, 9, 9, 0, 0.9] }) }],
    },
  ],
  [
    'raw cells',
    'yolox',
    'YOLOX',
    {
      outputs: [{ dims: [1, 84, 7], values: rows(84, 7, { 19: [0.75, 0, Math.log(2.5), Math.log(2), 0.75, 0, 1] }) }],
    },
  ],
  [
    'decoded in the model',
    'yolox',
    'YOLOX',
    { outputs: [{ dims: [1, 84, 7], values: rows(84, 7, { 3: [30, 16, 20, 16, 0.75, 0, 1], 83: [48, 48, 8, 8] }) }] },
  ],
  [
    'three heads',
    'nanodet',
    'NanoDet',
    {
      outputs: [
        {
          dims: [1, 84, 34],
          values: rows(84, 34, { 35: [0, 0.75, ...[1, 2.5, 1.5, 1.5].flatMap(distances)] }),
        },
      ],
    },
  ],
  [
    'four heads',
    'nanodet',
    'NanoDet-Plus',
    {
      outputs: [{ dims: [1, 85, 34], values: rows(85, 34, { 35: [0, 0.75, ...[0.5, 2, 2, 2].flatMap(distances)] }) }],
    },
  ],
  [
    "Ultralytics' export",
    'rtdetr',
    'RT-DETR',
    {
      metadata: { ...names, description: 'Ultralytics RT-DETR-l model' },
      outputs: [{ dims: [1, 300, 6], values: rows(300, 6, { 8: [...stretchedMiddle, 0, 0.75] }) }],
    },
  ],
  [
    'sizes as a second input',
    'rtdetr',
    'RT-DETR, D-FINE or DEIM',
    {
      otherInputs: [{ name: 'orig_target_sizes', dims: [1, 2] }],
      outputs: [
        { name: 'labels', dims: [1, 2], values: ids(1, 0) },
        { name: 'boxes', dims: [1, 2, 4], values: floats(20, 16, 40, 48, 0, 0, 9, 9) },
        { name: 'scores', dims: [1, 2], values: floats(0.75, 0.1) },
      ],
    },
  ],
  [
    'a sigmoid for each class',
    'detr',
    'DETR with a score for each class',
    {
      outputs: [
        { name: 'logits', dims: [1, 2, 2], values: floats(-9, Math.log(3), -9, -9) },
        { name: 'pred_boxes', dims: [1, 2, 4], values: floats(...stretchedMiddle, 0, 0, 0, 0) },
      ],
    },
  ],
  [
    'softmax with a class for no object',
    'detr',
    'DETR',
    {
      outputs: [
        { name: 'logits', dims: [1, 2, 3], values: floats(-99, Math.log(3), 0, -99, -99, 9) },
        { name: 'pred_boxes', dims: [1, 2, 4], values: floats(...stretchedMiddle, 0, 0, 0, 0) },
      ],
    },
  ],
  [
    'bytes as rows of pixels, classes from 1',
    'tensorflow',
    'TensorFlow object detection',
    {
      input: [1, 64, 64, 3],
      inputType: 'uint8',
      outputs: [
        { name: 'detection_boxes', dims: [1, 2, 4], values: floats(0.25, 0.3125, 0.75, 0.625, 0, 0, 1, 1) },
        { name: 'detection_classes', dims: [1, 2], values: floats(2, 1) },
        { name: 'detection_scores', dims: [1, 2], values: floats(0.75, 0.9) },
        { name: 'num_detections', dims: [1], values: floats(1) },
      ],
    },
  ],
  [
    'one picture at a time, classes from 1',
    'torchvision',
    'torchvision',
    {
      input: ['batch', 3, 64, 64],
      outputs: [
        { name: 'boxes', dims: [2, 4], values: floats(20, 8, 40, 24, 0, 0, 9, 9) },
        { name: 'labels', dims: [2], values: ids(2, 1) },
        { name: 'scores', dims: [2], values: floats(0.75, 0.1) },
      ],
    },
  ],
  [
    'an input for one picture',
    'torchvision',
    'torchvision',
    {
      input: [3, 64, 64],
      outputs: [
        { name: 'boxes', dims: [1, 4], values: floats(20, 8, 40, 24) },
        { name: 'labels', dims: [1], values: ids(2) },
        { name: 'scores', dims: [1], values: floats(0.75) },
      ],
    },
  ],
  [
    'TensorRT names',
    'efficientnms',
    'EfficientNMS',
    {
      outputs: [
        { name: 'num_dets', dims: [1, 1], values: ids(1) },
        { name: 'det_boxes', dims: [1, 2, 4], values: floats(20, 24, 40, 40, 0, 0, 9, 9) },
        { name: 'det_scores', dims: [1, 2], values: floats(0.75, 0.9) },
        { name: 'det_classes', dims: [1, 2], values: ids(1, 0) },
      ],
    },
  ],
  [
    'background first',
    'ssd',
    'SSD',
    {
      outputs: [
        { name: 'scores', dims: [1, 2, 3], values: floats(0.25, 0, 0.75, 0.9, 0.1, 0) },
        { name: 'boxes', dims: [1, 2, 4], values: floats(0.3125, 0.25, 0.625, 0.75, 0, 0, 1, 1) },
      ],
    },
  ],
  [
    'labels from 1',
    'ssd',
    'SSD with suppression inside',
    {
      outputs: [
        { name: 'bboxes', dims: [1, 2, 4], values: floats(0.3125, 0.25, 0.625, 0.75, 0, 0, 1, 1) },
        { name: 'labels', dims: [1, 2], values: ids(2, 1) },
        { name: 'scores', dims: [1, 2], values: floats(0.75, 0.1) },
      ],
    },
  ],
];

/** What class ids are called that begin with 1. */
const fromOne: readonly string[] = ['TensorFlow object detection', 'torchvision', 'SSD with suppression inside'];

describe('a detector of a family', () => {
  it.each(models)('%s: %s is recognised, and its dog found', async (_, family, label, sketch) => {
    const { model, result } = await detect(sketch);
    expect(model).toMatchObject({ family, layout: label });
    const dog = { classId: fromOne.includes(label) ? 2 : 1, className: 'dog', score: expect.closeTo(0.75, 5) };
    const sides = Object.fromEntries(Object.entries(box).map(([side, value]) => [side, expect.closeTo(value, 3)]));
    expect(result).toMatchObject({ detections: [{ ...dog, ...sides }] });
  });

  const pixels = new Map(models.map(([, family, , sketch]) => [family, sketch]));
  it.each<[DetectorFamilyName, object]>([
    ['yolov5', { placement: 'letterbox', padding: 114, order: 'rgb', scale: 1 / 255 }],
    ['yolox', { placement: 'top-left', padding: 114, order: 'bgr', scale: 1, mean: [0, 0, 0] }],
    ['nanodet', { placement: 'stretch', order: 'bgr', scale: 1, mean: [123.675, 116.28, 103.53] }],
    ['rtdetr', { placement: 'stretch', order: 'rgb', scale: 1 / 255 }],
    ['tensorflow', { placement: 'stretch', order: 'rgb', scale: 1, layout: 'nhwc', type: 'uint8' }],
    ['torchvision', { placement: 'top-left', padding: 0, order: 'rgb', scale: 1 / 255 }],
    ['ssd', { placement: 'stretch', order: 'rgb', scale: 1 / 255, mean: [0.485, 0.456, 0.406] }],
  ])('is fed as its makers do: %s', async (family, preprocessing) => {
    expect(await lookAtDetector(settingsFor(pixels.get(family)!))).toMatchObject({ preprocessing });
  });

  it.each<[DetectorFamilyName, object]>([
    ['yolov5', { iou: 0.45, maxDetections: 1000 }],
    ['yolov8', { iou: 0.7, maxDetections: 300 }],
    ['yolov10', { iou: null, maxDetections: 300 }],
  ])("has its own tool's defaults: %s", async (family, selection) => {
    expect(await lookAtDetector(settingsFor(pixels.get(family)!))).toMatchObject({ selection });
    const given = { iou: 0.5, maxDetections: 7 };
    expect(await lookAtDetector(settingsFor(pixels.get(family)!, given))).toMatchObject({ selection: given });
  });
});

describe('what a model gives besides boxes', () => {
  it('the corners of a rotated box, and the upright box around it', async () => {
    const values = transposed(rows(84, 7, { 0: [30, 32, 16, 20, 0, 0.75, Math.PI / 2] }), 84, 7);
    const sketch = { outputs: [{ dims: [1, 7, 84], values }], metadata: { ...names, task: 'obb' } };
    const { model, result } = await detect(sketch, { extras: ['corners'] });
    expect(model.layout).toBe('YOLOv8 for rotated boxes (OBB)');
    const corners = [
      [40, 48],
      [80, 48],
      [80, 16],
      [40, 16],
    ];
    expect(result).toMatchObject({ detections: [{ className: 'dog', extras: { corners: JSON.stringify(corners) } }] });
    const [found] = (result as { detections: readonly (typeof box)[] }).detections;
    for (const side of ['x1', 'y1', 'x2', 'y2'] as const) expect(found![side]).toBeCloseTo(box[side], 3);
  });

  it('rotated boxes suppress each other by their shape', async () => {
    const row = (angle: number, score: number) => [30, 32, 32, 4, 0, score, angle];
    const values = transposed(rows(84, 7, { 0: row(0, 0.75), 1: row(0.02, 0.7), 2: row(Math.PI / 2, 0.6) }), 84, 7);
    const sketch = { outputs: [{ dims: [1, 7, 84], values }], metadata: { ...names, task: 'obb' } };
    const { result } = await detect(sketch);
    expect(result).toMatchObject({ detections: [{ score: 0.75 }, { score: expect.closeTo(0.6, 5) }] });
  });

  it('key points in pixels of the picture', async () => {
    const values = transposed(rows(84, 11, { 0: [...yoloRow, 0.75, 20, 24, 0.5, 40, 40, 1] }), 84, 11);
    const metadata = { names: "{0: 'dog'}", task: 'pose', kpt_shape: '[2, 3]' };
    const { model, result } = await detect(
      { outputs: [{ dims: [1, 11, 84], values }], metadata },
      { extras: ['keypoints'] },
    );
    expect(model.layout).toBe('YOLOv8 for key points');
    expect(result).toMatchObject({ detections: [{ extras: { keypoints: '[[40,16,0.5],[80,48,1]]' } }] });
  });

  // The first prototype is inside left of the picture's middle.
  const prototypes = Float32Array.from({ length: 32 * 16 * 16 }, (_, at) =>
    at < 256 && at % 16 < 8 ? 1 : at < 256 ? -1 : 0,
  );
  const coefficients = [1, ...new Array(31).fill(0)];
  it.each<[string, readonly number[], Float32Array]>([
    ['YOLOv8 for masks', [1, 38, 84], transposed(rows(84, 38, { 0: [...yoloRow, 0, 0.75, ...coefficients] }), 84, 38)],
    ['YOLOv5 for masks', [1, 252, 39], rows(252, 39, { 0: [...yoloRow, 0.75, 0, 1, ...coefficients] })],
    ['YOLOv10 for masks', [1, 300, 38], rows(300, 38, { 0: [20, 24, 40, 40, 0.75, 1, ...coefficients] })],
  ])('the mask of an object inside its box: %s', async (label, dims, values) => {
    const outputs = [
      { dims, values },
      { name: 'output1', dims: [1, 32, 16, 16], values: prototypes },
    ];
    const { model, result } = await detect({ outputs }, { extras: ['masks'] });
    expect(model.layout).toBe(label);
    const [{ extras }] = (result as unknown as { detections: readonly [{ extras: { masks: string } }] }).detections;
    const { size, counts } = JSON.parse(extras.masks) as { size: number[]; counts: string };
    expect(size).toEqual([64, 128]);
    // Columns 40 to 63, of which rows 16 to 47 are inside.
    const column = Array.from({ length: 23 }, () => [32, 32]).flat();
    expect(runsOf(counts)).toEqual([40 * 64 + 16, ...column, 32, 16 + 64 * 64]);
  });

  it('is refused where the model does not have it', async () => {
    const settings = settingsFor(yolov8(84), { extras: ['masks'] });
    await expect(lookAtDetector(settings)).rejects.toMatchObject({
      code: 'WRONG_OPTION',
      message: '--masks is given, but the model (YOLOv8) has no masks',
    });
  });
});

/** As pycocotools reads COCO's compressed counts. */
function runsOf(counts: string): readonly number[] {
  const runs: number[] = [];
  for (let at = 0; at < counts.length; ) {
    let [value, shift, more] = [0, 0, true];
    while (more) {
      const group = counts.charCodeAt(at++) - 48;
      value |= (group & 0x1f) << (5 * shift++);
      more = (group & 0x20) !== 0;
      if (!more && group & 0x10) value |= -1 << (5 * shift);
    }
    if (runs.length > 2) value += runs[runs.length - 2]!;
    runs.push(value);
  }
  return runs;
}

describe('a model without class names', () => {
  const nameless = (classes: number): ModelSketch => ({ outputs: [{ dims: [1, 4 + classes, 84] }], metadata: {} });

  it('with as many classes as COCO gets the names of COCO', async () => {
    const { model } = await lookAtDetector(settingsFor(nameless(80)));
    expect(model).toMatchObject({ assumedNames: 'COCO' });
    expect(model.classNames[17]).toBe('horse');
  });

  it('takes those that are given', async () => {
    const { model } = await lookAtDetector(settingsFor(nameless(2), { names: ['cat', 'dog'] }));
    expect(model).toMatchObject({ assumedNames: null, classNames: ['cat', 'dog'] });
  });

  it('is refused otherwise, by its family and with what to do', async () => {
    await expect(lookAtDetector(settingsFor(nameless(2)))).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: 'the model is a detector of the family YOLOv8 for 2 classes, and nothing names its classes',
      hint: expect.stringMatching(/^name them with --class_names or --classes_file/),
    });
  });

  it('whose outputs do not tell how many classes it has gets those of COCO, by category for models that count from 1', async () => {
    const sketch = models.find(([, family]) => family === 'torchvision')![3];
    const { model } = await lookAtDetector(settingsFor({ ...sketch, metadata: {} }));
    expect([model.assumedNames, model.classNames[1], model.classNames[90]]).toEqual(['COCO', 'person', 'toothbrush']);
  });
});

describe('an export for any size', () => {
  const input = ['batch', 3, 'height', 'width'];
  const metadata = { ...names, imgsz: '[64, 64]' };
  const settings = (
    sketch: ModelSketch,
    declared: readonly (number | string)[],
    more: Readonly<Record<string, string>> = {},
  ) =>
    settingsFor({
      ...sketch,
      input,
      outputs: [{ ...sketch.outputs[0]!, declared }],
      metadata: { ...metadata, ...more },
    });

  it.each<[string, ModelSketch, readonly (number | string)[], Readonly<Record<string, string>>]>([
    ['of YOLOv5', yolov5(252), ['batch', 'anchors', 'Concatoutput0_dim_2'], {}],
    ['of YOLOv5 with four heads', yolov5(255), ['batch', 'anchors', 7], { stride: '64' }],
    ['of YOLOv8', yolov8(84), ['batch', 'Concatoutput0_dim_1', 'anchors'], {}],
  ])('is known without a run: %s', async (_, sketch, declared, more) => {
    const looked = await lookAtDetector(settings(sketch, declared, more), lookAtDeclaration);
    expect(looked.outputs).toMatchObject([{ dims: sketch.outputs[0]!.dims }]);
  });

  it.each<[string, DetectorFamilyName, ModelSketch, readonly (number | string)[]]>([
    ['of other heads', 'yolov8', yolov8(340), ['batch', 6, 'anchors']],
    ['whose dimensions are named wrongly', 'yolov5', yolov5(252), ['batch', 'values', 'anchors']],
    ['whose dimensions have other names', 'yolov8', yolov8(84), ['batch', 'values', 'boxes']],
  ])('is known by a run: %s', async (_, family, sketch, declared) => {
    const detector = await loadDetector(settings(sketch, declared), readOwnImage);
    loaded.push(detector);
    expect(detector.model.family).toBe(family);
    const grey = { create: { width: 128, height: 64, channels: 3 as const, background: '#888' } };
    const [result] = await detector.detect([file('wide.png', await sharp(grey).png().toBuffer())]);
    expect(result).toMatchObject({ detections: [{ className: 'dog', score: 0.75 }] });
  });
});

describe('--family', () => {
  it('decides between families that a model could be of', async () => {
    const sketch = { outputs: [{ dims: [1, 84, 7] }], metadata: {} };
    const names = ['a', 'b', 'c'];
    expect((await lookAtDetector(settingsFor(sketch, { names }))).model.family).toBe('yolov8');
    const yolox = { names: names.slice(1), family: 'yolox' } as const;
    expect((await lookAtDetector(settingsFor(sketch, yolox))).model.family).toBe('yolox');
  });

  it('that the model does not fit is refused with what was seen', async () => {
    await expect(lookAtDetector(settingsFor(yolov8(84), { family: 'tensorflow' }))).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message:
        'the model does not fit the family TensorFlow object detection: outputs output0 [1, 6, 84] for 2 classes and an input of 64 x 64',
      hint: 'leave --family out, or name another family',
    });
  });

  it('a model with an input that nobody gives is refused by its name', async () => {
    const sketch = { ...yolov8(84), otherInputs: [{ name: 'im_shape', dims: [1, 2] }] };
    await expect(lookAtDetector(settingsFor(sketch))).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: 'the model (YOLOv8) also takes im_shape',
    });
  });
});
