import { existsSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { readOwnImage } from '../../../../src/worker/image/read-image.ts';
import { type Detector, loadDetector } from '../../../../src/worker/programs/detect/detector.ts';
import { lookAtDetector } from '../../../../src/worker/programs/detect/detector-model.ts';

const cases = new URL('../../../../../shared/cases/', import.meta.url).pathname;
const settings = (file: string) =>
  ({
    modelFile: `${cases}${file}`,
    modelRoot: null,
    device: 'cpu',
    threads: 1,
    imageSize: null,
    confidence: 0.25,
  }) as const;

const loaded: Detector<string>[] = [];
afterAll(() => Promise.all(loaded.map((detector) => detector.close())));

describe.skipIf(!existsSync(cases))('files of public bug reports (skipped where ../shared/cases is missing)', () => {
  it('names that are not as many as the classes are said to be so', async () => {
    await expect(lookAtDetector(settings('names-count/v8_names_mismatch.onnx'))).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: expect.stringContaining("the model's names and its output differ: 80 names, 1 class in YOLOv8's output"),
    });
  });

  it.each([
    ['v8_p2.onnx', 'YOLOv8'],
    ['v5_p2.onnx', 'YOLOv5'],
  ])('a head of stride 4 is one of its family: %s', async (file, layout) => {
    expect((await lookAtDetector(settings(`p2-head/${file}`))).model.layout).toBe(layout);
  });

  it('escapes of JSON in class names are decoded', async () => {
    const { model } = await lookAtDetector(settings('class-name-escapes/v8_json.onnx'));
    expect(model.classNames).toEqual(['зебра', '猫😀', 'café']);
  });

  it('names that are numbers are names', async () => {
    const { model } = await lookAtDetector(settings('class-names-numbers/v5_intnames.onnx'));
    expect(model.classNames).toEqual(['2146', '21008']);
  });

  it('a score that is not a number is no detection, and disturbs no other picture', async () => {
    const detector = await loadDetector(settings('nan-output/v8_nan_white.onnx'), readOwnImage);
    loaded.push(detector);
    const results = await detector.detect(['grey.png', 'white.png'].map((name) => `${cases}nan-output/${name}`));
    const [grey, white] = results as readonly { detections: readonly unknown[] }[];
    expect(grey!.detections.length).toBeGreaterThan(0);
    expect(white!.detections).toEqual([]);
  });

  it.each([
    ['v8_ir14.onnx', /^v8_ir14.onnx has ONNX IR version 14; /],
    ['lfs.onnx', /is a Git LFS pointer/],
    ['html.onnx', /is a web page/],
    ['without_its_data.onnx', /^without_its_data.onnx keeps its weights in /],
  ])('the reason why a file cannot be read is told: %s', async (file, message) => {
    await expect(lookAtDetector(settings(`model-reason-lost/${file}`))).rejects.toMatchObject({
      code: 'MODEL_UNREADABLE',
      message: expect.stringMatching(message),
    });
  });
});
