import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Plan, RunStep } from '../../src/plan/plan.ts';
import { readPlan } from '../../src/plan/read-plan.ts';
import type { SettingsOf } from '../../src/programs/programs.ts';

const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`../golden/${name}/plan.json`, import.meta.url), 'utf8')) as Plan;
const demo = golden('demo');
const [step] = demo.steps as readonly [RunStep];
const withStep = (changes: object) => ({ ...demo, steps: [{ ...step, ...changes }] });

describe('a stored plan', () => {
  it.each(['demo', 'every-attribute', 'foreign-image', 'standard-sql-around-it'])('is read back: %s', (name) => {
    expect(readPlan(golden(name))).toEqual(golden(name));
  });

  it('of version 1, where detection was the only program, is read as it would be written today', () => {
    const { program, commitRows, ...rest } = step;
    const detect = {
      modelFile: '/models/demo.onnx',
      imageDir: '/datasets/demo',
      imageColumn: 'file_name',
      confidence: 0.25,
      iou: 0.45,
      maxDetections: 300,
      imageSize: null,
      device: 'cpu',
    };
    const [sql] = golden('standard-sql-around-it').steps;
    const stored = { version: 1, steps: [sql, { ...rest, batchSize: 16, detect }] };
    const explicit = { ...step.program.settings, iou: 0.45, max_detections: 300 };
    const now = { ...step, commitRows: 16, program: { name: 'detect', settings: explicit } };
    expect(readPlan(stored)).toEqual({ ...demo, steps: [sql, now] });
  });

  it('of version 2, where detect was called yolo and commit_rows a batch size, is read as it would be written today', () => {
    const { program, commitRows, ...rest } = step;
    const { family, classes_file, class_names, classes, agnostic_nms, output, masks, keypoints, corners, ...most } =
      program.settings as SettingsOf<'detect'>;
    const { rect, latency, accuracy, class_coverage, ...later } = most;
    const { batch, ...settings } = { ...later, iou: 0.45, max_detections: 300, image_size: 640 };
    const old = { ...rest, batchSize: 500, program: { name: 'yolo', settings } };
    const size = { width: 640, height: 640 };
    const now = { ...program.settings, iou: 0.45, max_detections: 300, image_size: size };
    expect(readPlan({ ...demo, version: 2, steps: [old] })).toEqual(
      withStep({ commitRows: 500, program: { name: 'detect', settings: now } }),
    );
  });

  it('of version 3, where no model was simulated and none got rectangles, is read as it would be written today', () => {
    const { rect, latency, accuracy, class_coverage, ...settings } = step.program.settings as SettingsOf<'detect'>;
    const old = { ...step, program: { name: 'detect', settings } };
    expect(readPlan({ ...demo, version: 3, steps: [old] })).toEqual(demo);
  });

  it('of version 4, where no statement was TO FIND, is read as it would be written today', () => {
    expect(readPlan({ ...demo, version: 4 })).toEqual(demo);
  });

  it('of version 5, where no statement was TO TRAIN, is read as it would be written today', () => {
    expect(readPlan({ ...demo, version: 5 })).toEqual(demo);
  });

  it.each([
    ['of a later version', { ...demo, version: 7 }, 'the stored plan has version 7; this Millrace knows 6'],
    ['without a version', { kind: 'plan', steps: [] }, 'the stored plan has version none; this Millrace knows 6'],
    ['that is no object', null, 'the stored plan has version none; this Millrace knows 6'],
  ])('%s is an error that says what to do', (_, stored, message) => {
    expect(() => readPlan(stored)).toThrow(
      expect.objectContaining({
        code: 'PLAN_VERSION',
        message,
        hint: expect.stringContaining('submit the statement again'),
      }),
    );
  });

  const { settings } = step.program;
  it.each([
    ['another kind', { ...demo, kind: 'task' }, 'kind: '],
    ['steps of an unknown kind', withStep({ kind: 'dream' }), 'steps.0.kind: '],
    ['a missing field', withStep({ select: undefined }), 'steps.0.select: '],
    ['a field of another type', withStep({ partitions: '2' }), 'steps.0.partitions: '],
    ['a field that no plan has', withStep({ detect: {} }), 'steps.0.detect: '],
    ['an unknown program', withStep({ program: { name: 'dream', settings } }), 'steps.0.program.name: '],
    [
      'a setting out of its range',
      withStep({ program: { name: 'detect', settings: { ...settings, confidence: 2 } } }),
      'steps.0.program.settings.confidence: ',
    ],
    [
      'without a setting',
      withStep({ program: { name: 'detect', settings: { ...settings, device: undefined } } }),
      'steps.0.program.settings.device: ',
    ],
    ['of version 1 with anything for steps', { version: 1, steps: 'none' }, ''],
  ])('that was tampered with is refused by its place: %s', (_, stored, place) => {
    expect(() => readPlan(stored)).toThrow(
      expect.objectContaining({
        code: 'PLAN_INVALID',
        message: expect.stringContaining(`the stored plan cannot be read: ${place}`),
      }),
    );
  });
});
