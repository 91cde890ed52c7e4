import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { CascadeModel } from '../../src/programs/cascade.ts';
import { find } from '../../src/programs/find.ts';
import type { Predicate } from '../../src/programs/predicate/predicate.ts';
import { predicateText } from '../../src/programs/predicate/predicate-text.ts';
import { programCallSchema, withoutDefaults, writtenCallSchema } from '../../src/programs/read-program-call.ts';

const seen = (name: string, least = 1, most: number | null = null): Predicate => ({
  kind: 'count',
  class: name,
  least,
  most,
});
const predicate: Predicate = {
  kind: 'all',
  of: [
    seen('person'),
    { kind: 'any', of: [seen('dog', 3), seen('dining table')] },
    { kind: 'not', of: seen('Car', 2, 2) },
  ],
};
const model: CascadeModel = {
  name: 'demo',
  file: '/models/demo.onnx',
  reference: null,
  classNames: null,
  simulation: { latency: 5, accuracy: null, classCoverage: [1, 2] },
  kind: 'detector',
  classes: ['person', 'Car'],
  reach: 0.5,
  cost: null,
};
const settings = {
  image_dir: '/datasets/demo',
  image_column: 'file_name',
  cascade: { predicate, models: [model] },
  confidence: 0.25,
  iou: null,
  max_detections: null,
  reuse: true,
  labels: null,
  batch: null,
  device: 'cpu',
} as const;

describe('the program find', () => {
  it('adds a column for each class asked for, with a number of objects or NULL', () => {
    expect(find.result(settings)).toEqual({
      outputs: 'found images',
      numbering: null,
      columns: ['person', 'dog', 'dining table', 'Car'].map((name) => ({ name, type: 'count', nullable: true })),
    });
  });

  it('explains what it looks for', () => {
    expect(find.explain(settings)).toEqual([
      ['find', 'person AND (dog >= 3 OR "dining table") AND NOT Car = 2, images in /datasets/demo named by file_name'],
      ['keep', 'objects with scores of 0.25 or more, on cpu; stored answers are used'],
    ]);
  });

  it('is read from a task as it was written, without settings that have their defaults', () => {
    const call = { name: 'find', settings } as const;
    const written = JSON.parse(JSON.stringify(withoutDefaults(call)));
    expect(written.settings).toEqual({
      image_dir: '/datasets/demo',
      image_column: 'file_name',
      cascade: settings.cascade,
      device: 'cpu',
    });
    expect(v.parse(writtenCallSchema, written)).toEqual(call);
    expect(v.parse(programCallSchema, call)).toEqual(call);
  });

  it.each([
    ['a predicate of an unknown kind', { predicate: { kind: 'some', of: [] }, models: [model] }],
    ['a share above 1', { predicate, models: [{ ...model, reach: 1.5 }] }],
  ])('refuses %s', (_, cascade) => {
    const call = { name: 'find', settings: { ...settings, cascade } };
    expect(v.safeParse(programCallSchema, call).success).toBe(false);
  });
});

describe('the text of a predicate', () => {
  it.each([
    [seen('person', 2), 'person >= 2'],
    [seen('person', 0, 2), 'person <= 2'],
    [seen('person', 1, 2), '(person >= 1 AND person <= 2)'],
    [seen('not'), '"not"'],
    [seen('a "b" \\'), '"a \\"b\\" \\\\"'],
    [{ kind: 'not', of: { kind: 'all', of: [seen('a'), seen('b')] } } as const, 'NOT (a AND b)'],
  ])('%j', (written, text) => expect(predicateText(written)).toBe(text));
});
