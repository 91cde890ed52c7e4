import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { drawScene } from '../../../../src/demo/scenes/draw-scene.ts';
import { cocoClasses } from '../../../../src/programs/coco-classes.ts';
import { rectangle } from '../../../../src/worker/image/letterbox.ts';
import { readOwnImage } from '../../../../src/worker/image/read-image.ts';
import { type DetectedImage, type Detector, loadDetector } from '../../../../src/worker/programs/detect/detector.ts';
import { type ModelSketch, onnxModel } from '../../onnx-model.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const file = temporaryFolder();
const settings = {
  device: 'cpu',
  modelRoot: null,
  threads: 1,
  imageSize: null,
  confidence: 0.25,
  iou: 0.45,
  maxDetections: 300,
} as const;
const demoModel = new URL('../../../../models/demo.onnx', import.meta.url).pathname;
const names = { names: "{0: 'cat', 1: 'dog'}" };

const square = (side: number) => ({ width: side, height: side });

const loaded: Detector<string>[] = [];
afterAll(() => Promise.all(loaded.map((detector) => detector.close())));

async function load(sketch: ModelSketch | Uint8Array, more: Partial<Parameters<typeof loadDetector>[0]> = {}) {
  const modelFile = file('model.onnx', sketch instanceof Uint8Array ? sketch : onnxModel(sketch));
  const detector = await loadDetector({ ...settings, modelFile, ...more }, readOwnImage);
  loaded.push(detector);
  return detector;
}

/** The output for one dog of 8 x 4 px in the middle of a 32 x 32 input. */
function dog(batch = 1) {
  const rows = [[16], [16], [8], [4], [0], [0.5]].map(([first]) => [first!, ...new Array(20).fill(0)]);
  return { dims: [batch, 6, 21], values: Float32Array.from(new Array(batch).fill(rows).flat(2)) };
}

function padded(values: readonly number[], length: number): Float32Array {
  const all = new Float32Array(length);
  all.set(values);
  return all;
}

function picture(name: string, width: number, height: number): Promise<string> {
  const grey = { create: { width, height, channels: 3 as const, background: '#888' } };
  return sharp(grey)
    .png()
    .toBuffer()
    .then((png) => file(name, png));
}

describe('a detector', () => {
  it('says what the model is', async () => {
    const { model } = await load({ outputs: [dog()], metadata: { ...names, stride: '16' } });
    expect(model).toEqual({
      family: 'yolov8',
      layout: 'YOLOv8',
      classNames: ['cat', 'dog'],
      assumedNames: null,
      stride: 16,
      imageSize: { width: 32, height: 32 },
      batch: 1,
      device: 'cpu',
    });
  });

  it('gives boxes in pixels of each picture', async () => {
    const detector = await load({ outputs: [dog()], metadata: names });
    const files = [await picture('wide.png', 64, 32), await picture('high.png', 16, 32)];
    const found = { classId: 1, className: 'dog', score: 0.5 };
    expect(await detector.detect(files)).toMatchObject([
      { width: 64, height: 32, detections: [{ ...found, x1: 24, y1: 12, x2: 40, y2: 20 }] },
      { width: 16, height: 32, detections: [{ ...found, x1: 4, y1: 14, x2: 12, y2: 18 }] },
    ]);
  });

  it('cuts boxes off at the edge of the picture', async () => {
    const detector = await load({ outputs: [dog()], metadata: names });
    expect(await detector.detect([await picture('narrow.png', 4, 32)])).toMatchObject([
      { detections: [{ x1: 0, x2: 4 }] },
    ]);
  });

  it.each([
    ['one picture per run', 1],
    ['three pictures per run', 3],
  ])('keeps pictures and results together around broken ones, with %s', async (_, batch) => {
    const detector = await load({ input: [batch, 3, 32, 32], outputs: [dog(batch)], metadata: names });
    const whole = await Promise.all([32, 33, 34, 35, 36].map((width) => picture(`${width}.png`, width, 32)));
    const broken = file('broken.png', 'no picture');
    const results = await detector.detect([...whole.slice(0, 2), broken, ...whole.slice(2), `${broken}.gone`]);
    expect(results.map((result) => ('error' in result ? result.error.code : result.width))).toEqual([
      32,
      33,
      'IMAGE_BROKEN',
      34,
      35,
      36,
      'IMAGE_MISSING',
    ]);
    expect(results.map((result) => ('error' in result ? 0 : result.detections.length))).toEqual([1, 1, 0, 1, 1, 1, 0]);
  });

  it('runs a model whose output is transposed, and one with a head of stride 4', async () => {
    const box = [16, 16, 8, 4, 0, 0.5];
    const transposed = await load({ outputs: [{ dims: [1, 21, 6], values: padded(box, 21 * 6) }], metadata: names });
    const found = { className: 'dog', score: 0.5, x1: 12, y1: 14, x2: 20, y2: 18 };
    const square = await picture('square.png', 32, 32);
    expect(await transposed.detect([square])).toMatchObject([{ detections: [found] }]);
    const p2 = await load({
      outputs: [{ dims: [1, 255, 7], values: padded([16, 16, 8, 4, 1, 0, 0.5], 255 * 7) }],
      metadata: names,
    });
    expect(p2.model.family).toBe('yolov5');
    expect(await p2.detect([square])).toMatchObject([{ detections: [found] }]);
  });

  it('runs a model that takes bytes, the channels of a pixel together', async () => {
    const detector = await load({ input: [1, 32, 32, 3], inputType: 'uint8', outputs: [dog()], metadata: names });
    expect(await detector.detect([await picture('square.png', 32, 32)])).toMatchObject([{ detections: [{ x1: 12 }] }]);
  });

  it.each([
    ['NaN', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
  ])('drops boxes whose score is NaN, and fails the picture whose box is %s', async (_, value) => {
    const rows = [
      [16, 16],
      [16, 16],
      [8, value],
      [4, 4],
      [0, Number.NaN],
      [Number.NaN, Number.NaN],
    ];
    const output = (more: readonly number[][]) => more.flatMap((row) => [...row, ...new Array(19).fill(0)]);
    const square = await picture('square.png', 32, 32);
    const dropped = await load({
      outputs: [{ dims: [1, 6, 21], values: Float32Array.from(output(rows)) }],
      metadata: names,
    });
    expect(await dropped.detect([square])).toMatchObject([{ detections: [] }]);
    const kept = [...rows.slice(0, 5), [0.25, 0.75]];
    const failing = await load({
      outputs: [{ dims: [1, 6, 21], values: Float32Array.from(output(kept)) }],
      metadata: names,
    });
    expect(await failing.detect([square])).toEqual([
      {
        error: {
          code: 'MODEL_OUTPUT_INVALID',
          message: `the model gave a box that is infinite or not a number: ${square}`,
        },
      },
    ]);
  });

  it('fails the picture whose score is infinite', async () => {
    const rows = [16, 16, 8, 4, Number.POSITIVE_INFINITY, 0].flatMap((first) => [first, ...new Array(20).fill(0)]);
    const detector = await load({ outputs: [{ dims: [1, 6, 21], values: Float32Array.from(rows) }], metadata: names });
    expect(await detector.detect([await picture('square.png', 32, 32)])).toMatchObject([
      { error: { code: 'MODEL_OUTPUT_INVALID' } },
    ]);
  });

  it('sees one picture at a time with a model that quantises as it runs: others would change its result', async () => {
    const sketch = { input: ['batch', 3, 32, 32], outputs: [dog()], metadata: names };
    const batchOf = async (...given: Parameters<typeof load>) => (await load(...given)).model.batch;
    expect([await batchOf(sketch), await batchOf(sketch, { batch: 4 })]).toEqual([1, 4]);
    expect(await batchOf({ ...sketch, operator: 'DynamicQuantizeLinear' }, { batch: 4 })).toBe(1);
  });

  it('is not loaded through a link that leads out of its volume', async () => {
    const modelFile = file('model.onnx', onnxModel({ outputs: [dog()], metadata: names }));
    const modelRoot = join(dirname(modelFile), 'volume');
    mkdirSync(modelRoot);
    symlinkSync(modelFile, join(modelRoot, 'linked.onnx'));
    const linked = { ...settings, modelFile: join(modelRoot, 'linked.onnx'), modelRoot };
    await expect(loadDetector(linked, readOwnImage)).rejects.toMatchObject({
      code: 'OUTSIDE_VOLUMES',
      message: `a link leads out of the model's volume: ${linked.modelFile}`,
    });
  });

  it('answers no pictures with no results', async () => {
    const detector = await load({ outputs: [dog()], metadata: names });
    expect(await detector.detect([])).toEqual([]);
  });

  it('says that it was closed', async () => {
    const detector = await load({ outputs: [dog()], metadata: names });
    await detector.close();
    await expect(detector.detect([await picture('late.png', 32, 32)])).rejects.toMatchObject({
      code: 'INFERENCE_FAILED',
    });
  });

  it('finishes what it began when it is closed in the middle, and begins nothing more', async () => {
    const detector = await loadDetector({ ...settings, modelFile: demoModel }, readOwnImage);
    const files = await Promise.all(Array.from({ length: 40 }, (_, at) => picture(`${at}.png`, 64, 48)));
    const detecting = detector.detect(files);
    await Promise.all([
      expect(detecting).rejects.toMatchObject({ code: 'INFERENCE_FAILED', message: 'the model was closed' }),
      detector.close(),
    ]);
  });

  it('falls back to the CPU for --device=auto, and says so', async () => {
    const { model } = await load({ outputs: [dog()], metadata: names }, { device: 'auto' });
    expect(['cpu', 'cuda']).toContain(model.device);
  });
});

describe('a model that cannot be used', () => {
  const free = ['batch', 3, 'height', 'width'];
  it.each<[string, object, ModelSketch | Uint8Array, Partial<Parameters<typeof loadDetector>[0]>]>([
    [
      'is missing',
      { code: 'MODEL_MISSING', message: 'there is no model file: /nowhere/model.onnx' },
      new Uint8Array(),
      { modelFile: '/nowhere/model.onnx' },
    ],
    [
      'is a web page',
      { code: 'MODEL_UNREADABLE', message: 'model.onnx is a web page, not a model' },
      new TextEncoder().encode('<html>'),
      {},
    ],
    [
      'is a Git LFS pointer',
      { code: 'MODEL_UNREADABLE', message: 'model.onnx is a Git LFS pointer, not the model itself' },
      new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'),
      {},
    ],
    [
      'is no ONNX file',
      { code: 'MODEL_UNREADABLE', message: 'model.onnx is not an ONNX file, or is truncated' },
      new TextEncoder().encode('something else'),
      {},
    ],
    [
      'is of a newer format',
      {
        code: 'MODEL_UNREADABLE',
        message: expect.stringMatching(/^model.onnx has ONNX IR version 99; the runtime knows those up to \d+$/),
        hint: expect.stringMatching(/^export the model again with IR version \d+ or less$/),
      },
      { irVersion: 99, outputs: [dog()], metadata: names },
      {},
    ],
    [
      'was cut off',
      { code: 'MODEL_UNREADABLE' },
      onnxModel({ outputs: [dog()], metadata: names }).subarray(0, 300),
      {},
    ],
    [
      'names no classes',
      {
        code: 'MODEL_UNSUPPORTED',
        message: 'the model is a detector of the family YOLOv8 for 2 classes, and nothing names its classes',
        hint: "name them with --class_names or --classes_file, or add the metadata entry names to the ONNX file, e.g. {0: 'person', 1: 'bicycle'}",
      },
      { outputs: [dog()] },
      {},
    ],
    [
      'takes no pictures',
      {
        code: 'MODEL_UNSUPPORTED',
        message:
          'the model takes images float32 [1, 3, 32]; a detector takes pixels as [batch, 3, height, width] or [batch, height, width, 3]',
      },
      { input: [1, 3, 32], outputs: [dog()], metadata: names },
      {},
    ],
    [
      'is no detector',
      {
        code: 'MODEL_UNSUPPORTED',
        message:
          'the model looks like an image classifier: outputs output0 [1, 2] for 2 classes and an input of 32 x 32',
      },
      { outputs: [{ dims: [1, 2] }], metadata: names },
      {},
    ],
    [
      'has another size than asked for',
      { code: 'WRONG_OPTION', message: '--image_size=64, but the model is made for 32 x 32 only' },
      { outputs: [dog()], metadata: names },
      { imageSize: square(64) },
    ],
    [
      'has the output names of TensorFlow and no more',
      {
        code: 'MODEL_UNSUPPORTED',
        message: expect.stringMatching(
          /^the layout of the model's output is unknown: outputs detection_boxes \[1, 5, 4\]/,
        ),
      },
      { input: [1, 32, 32, 3], inputType: 'uint8', outputs: [{ name: 'detection_boxes', dims: [1, 5, 4] }] },
      {},
    ],
    [
      'has a height of its own and another size is asked for',
      { code: 'WRONG_OPTION', message: '--image_size=64, but the model is made for a height of 32 only' },
      { input: [1, 3, 32, 'width'], outputs: [dog()], metadata: names },
      { imageSize: square(64) },
    ],
    [
      'says a size that is no multiple of its stride',
      {
        code: 'WRONG_OPTION',
        message:
          "the image size in the model's metadata (imgsz), 640 x 630, is not a multiple of the model's stride 32",
        hint: 'use --image_size=640',
      },
      { input: free, outputs: [dog()], metadata: { ...names, imgsz: '[630, 640]' } },
      {},
    ],
    [
      'has one size, and is to get rectangles',
      {
        code: 'WRONG_OPTION',
        message: '--rect is given, but the model was exported for images of 32 x 32 px only',
        hint: 'leave --rect out, or export the model for any size (dynamic=True)',
      },
      { outputs: [dog()], metadata: names },
      { inRectangles: true },
    ],
    [
      'stretches pictures, and is to get rectangles',
      {
        code: 'WRONG_OPTION',
        message: '--rect is given, but models of the family RT-DETR take images of 640 x 640 px only',
        hint: 'leave --rect out',
      },
      {
        input: free,
        outputs: [{ dims: [1, 300, 6] }],
        metadata: { ...names, description: 'Ultralytics RT-DETR-l model' },
      },
      { inRectangles: true },
    ],
    [
      'has a stride that the size is no multiple of',
      {
        code: 'WRONG_OPTION',
        message: "an image size of 100 is not a multiple of the model's stride 32",
        hint: 'use --image_size=96',
      },
      { input: free, outputs: [dog()], metadata: names },
      { imageSize: square(100) },
    ],
  ])('%s', async (_, error, sketch, more) => {
    await expect(load(sketch, more)).rejects.toMatchObject(error);
  });

  const cudaHere = existsSync(
    new URL(
      '../../../../node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so',
      import.meta.url,
    ),
  );
  it.skipIf(cudaHere)('wants a GPU that is not there (skipped where the CUDA provider is installed)', async () => {
    await expect(load({ outputs: [dog()], metadata: names }, { device: 'cuda' })).rejects.toMatchObject({
      code: 'DEVICE_UNAVAILABLE',
      message:
        'a GPU was asked for, and CUDA is not available to this worker: OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
      hint: 'WITH gpu = 0 runs on the CPU, "--device=auto" on whatever is there; millrace doctor checks driver and libraries',
    });
    const { model } = await load({ outputs: [dog()], metadata: names }, { device: 'auto' });
    expect(model).toMatchObject({ device: 'cpu', notOnGpu: expect.stringContaining('Failed to load shared library') });
  });
});

describe("the demo's model", () => {
  it('is a YOLOv8 layout with the classes of COCO, for any number of pictures', async () => {
    const detector = await loadDetector({ ...settings, modelFile: demoModel }, readOwnImage);
    loaded.push(detector);
    const size = { width: 320, height: 320 };
    expect(detector.model).toMatchObject({ family: 'yolov8', stride: 32, imageSize: size, batch: 1 });
    expect(detector.model.classNames).toEqual(cocoClasses);
  });

  it('finds the same in batches, the last of which is not full', async () => {
    const scenes = await Promise.all([1, 2, 3, 4, 5].map((seed) => drawScene(seed, 'fluent', 320)));
    const files = scenes.map(({ jpeg }, at) => file(`drawn-${at}.jpg`, jpeg));
    const detected = async (batch: number) => {
      const detector = await loadDetector({ ...settings, modelFile: demoModel, batch }, readOwnImage);
      loaded.push(detector);
      expect(detector.model.batch).toBe(batch);
      return (await detector.detect(files)) as DetectedImage[];
    };
    const [alone, together] = [await detected(1), await detected(4)];
    expect(together.map(classNames)).toEqual(alone.map(classNames));
    expect(largestDifference(together.flatMap(numbers), alone.flatMap(numbers))).toBeLessThan(0.01);
    expect(together.every(({ detections }) => detections.length > 0)).toBe(true);
  });

  it('finds the same alone and in company, asked once or several times at once', async () => {
    const detector = await loadDetector({ ...settings, modelFile: demoModel }, readOwnImage);
    loaded.push(detector);
    const scenes = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => drawScene(seed, 'fluent', 320)));
    const files = scenes.map(({ jpeg }, at) => file(`scene-${at}.jpg`, jpeg));
    const together = (await detector.detect(files)) as DetectedImage[];
    const alone = (await Promise.all(files.map((scene) => detector.detect([scene])))).flat() as DetectedImage[];
    expect(together.map(classNames)).toEqual(alone.map(classNames));
    expect(largestDifference(together.flatMap(numbers), alone.flatMap(numbers))).toBeLessThan(0.01);
    expect(together.every(({ detections }) => detections.length > 0)).toBe(true);
  });

  it.each([1, 3])(
    'finds with --rect what it finds in an input of that rectangle, %i pictures at once',
    async (batch) => {
      const detected = async (files: readonly string[], more: Partial<Parameters<typeof loadDetector>[0]>) => {
        const detector = await loadDetector({ ...settings, modelFile: demoModel, batch, ...more }, readOwnImage);
        loaded.push(detector);
        return (await detector.detect(files)) as DetectedImage[];
      };
      const shapes = [
        { width: 320, height: 200, input: { width: 320, height: 224 } },
        { width: 150, height: 320, input: { width: 160, height: 320 } },
        // So few boxes that the graph cannot give as many candidates as usual.
        { width: 320, height: 30, input: { width: 320, height: 32 } },
      ];
      const files = await Promise.all(
        [1, 2, 3, 4, 5, 6].map(async (seed) => {
          const { jpeg } = await drawScene(seed, 'fluent', 320);
          const { width, height } = shapes[seed % 3]!;
          return file(
            `rectangle-${seed}.png`,
            await sharp(jpeg).resize(width, height, { fit: 'cover' }).png().toBuffer(),
          );
        }),
      );
      const together = await detected([...files, '/absent.jpg'], { inRectangles: true });
      expect(together.pop()).toMatchObject({ error: { code: 'IMAGE_MISSING' } });
      for (const [shape, { input }] of shapes.entries()) {
        const isShape = (_: unknown, at: number) => (at + 1) % 3 === shape;
        const own = await detected(files.filter(isShape), { imageSize: input });
        expect(together.filter(isShape).map(classNames)).toEqual(own.map(classNames));
        expect(largestDifference(together.filter(isShape).flatMap(numbers), own.flatMap(numbers))).toBeLessThan(0.01);
      }
      expect(together.filter(({ detections }) => detections.length > 0).length).toBeGreaterThan(3);
    },
  );

  const classNames = ({ detections }: DetectedImage) => detections.map(({ className }) => className);
  const numbers = ({ detections }: DetectedImage) => detections.flatMap((d) => [d.score, d.x1, d.y1, d.x2, d.y2]);
  const largestDifference = (ours: readonly number[], theirs: readonly number[]) =>
    Math.max(...ours.map((value, at) => Math.abs(value - theirs[at]!)));
});

const real = new URL('../../../../../shared/real/', import.meta.url).pathname;

type ReferenceBox = [x1: number, y1: number, x2: number, y2: number, score: number, classId: number];
type Reference = Record<string, { hw: [number, number]; square640_conf25_iou45: ReferenceBox[] }>;

/** The reference lists boxes by falling score; of equal scores either may stand first. */
function byClassAndPlace(boxes: readonly ReferenceBox[]): ReferenceBox[] {
  return boxes.toSorted((a, b) => a[5] - b[5] || a[0] - b[0] || a[1] - b[1]);
}

describe.skipIf(!existsSync(real))('YOLOv5n on 64 real photos (skipped where ../shared/real is missing)', () => {
  it("finds the 332 boxes of the model's own Python pipeline, to 0.01 px and 0.001 of score", {
    timeout: 120_000,
  }, async () => {
    const reference: Reference = JSON.parse(readFileSync(`${real}yolov5n_reference.json`, 'utf8'));
    const detector = await loadDetector({ ...settings, modelFile: `${real}models/yolov5n.onnx` }, readOwnImage);
    loaded.push(detector);
    const photos = Object.keys(reference);
    const results = (await detector.detect(photos.map((photo) => `${real}images/${photo}`))) as DetectedImage[];
    let compared = 0;
    for (const [at, { width, height, detections }] of results.entries()) {
      const { hw, square640_conf25_iou45: expected } = reference[photos[at]!]!;
      expect([height, width]).toEqual(hw);
      const found = detections.map((d): ReferenceBox => [d.x1, d.y1, d.x2, d.y2, d.score, d.classId]);
      expect(found.map((box) => box[5]).sort()).toEqual(expected.map((box) => box[5]).sort());
      for (const [box, theirs] of byClassAndPlace(expected).entries()) {
        const ours = byClassAndPlace(found)[box]!;
        expect(Math.max(...[0, 1, 2, 3].map((side) => Math.abs(ours[side]! - theirs[side]!)))).toBeLessThan(0.01);
        expect(Math.abs(ours[4] - theirs[4])).toBeLessThan(0.001);
        compared++;
      }
    }
    expect(compared).toBe(332);
  });

  it('finds with --rect what it finds in an input of that rectangle, and nearly what it finds in a square', {
    timeout: 120_000,
  }, async () => {
    const detected = async (photos: readonly string[], more: Partial<Parameters<typeof loadDetector>[0]>) => {
      const modelFile = `${real}models/yolov5n.onnx`;
      const detector = await loadDetector({ ...settings, modelFile, ...more }, readOwnImage);
      loaded.push(detector);
      return (await detector.detect(photos.map((photo) => `${real}images/${photo}`))) as DetectedImage[];
    };
    const photos = readdirSync(`${real}images`).slice(0, 16);
    const found = await detected(photos, { inRectangles: true });
    const shapes = Map.groupBy(found.keys(), (at) => {
      const { width, height } = rectangle(found[at]!, square(640), 32).size;
      return `${width}x${height}`;
    });
    expect(shapes.size).toBeGreaterThan(1);
    for (const [shape, photosOfShape] of shapes) {
      const [width, height] = shape.split('x').map(Number) as [number, number];
      const names = photosOfShape.map((at) => photos[at]!);
      const own = await detected(names, { imageSize: { width, height } });
      for (const [index, at] of photosOfShape.entries()) expectSame(found[at]!, own[index]!);
    }
    const inSquares = await detected(photos, {});
    const count = (images: readonly DetectedImage[]) =>
      images.reduce((sum, { detections }) => sum + detections.length, 0);
    expect(Math.abs(count(found) / count(inSquares) - 1)).toBeLessThan(0.15);
  });

  function expectSame(one: DetectedImage, other: DetectedImage): void {
    expect(one.detections.map(({ className }) => className)).toEqual(
      other.detections.map(({ className }) => className),
    );
    for (const [at, detection] of one.detections.entries())
      for (const side of ['score', 'x1', 'y1', 'x2', 'y2'] as const)
        expect(Math.abs(detection[side] - other.detections[at]![side])).toBeLessThan(0.01);
  }
});
