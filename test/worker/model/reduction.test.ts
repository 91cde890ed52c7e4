import { describe, expect, it } from 'vitest';
import { lookAtModel } from '../../../src/worker/model/look-at-model.ts';
import type { OutputTensor } from '../../../src/worker/model/model.ts';
import type { OutputLayout, Preprocessing } from '../../../src/worker/model/preprocessing.ts';
import { isReduced, readReduced } from '../../../src/worker/model/read-reduced.ts';
import { openSession } from '../../../src/worker/model/session.ts';
import { yoloPixels } from '../../../src/worker/programs/detect/families/family.ts';
import { onnxModel } from '../onnx-model.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const file = temporaryFolder();
const settings = { device: 'cpu', modelRoot: null, threads: 1, imageSize: null, batch: 2 } as const;
const preprocessing: Preprocessing = { ...yoloPixels, layout: 'nchw', type: 'float32' };
const [pictures, classes] = [2, 3];

/** Numbers between 0 and 1 that are the same in each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** `[pictures, boxes, values]` as the layout has it. */
function tensorOf(
  kind: OutputLayout,
  boxes: number,
  value: (picture: number, box: number, at: number) => number,
): OutputTensor {
  const width = (kind === 'v5' ? 5 : 4) + classes;
  const dims = kind === 'v8' ? [pictures, width, boxes] : [pictures, boxes, width];
  const data = Float32Array.from({ length: pictures * boxes * width }, (_, at) => {
    const [picture, rest] = [Math.floor(at / (boxes * width)), at % (boxes * width)];
    return kind === 'v8'
      ? value(picture, rest % boxes, Math.floor(rest / boxes))
      : value(picture, Math.floor(rest / width), rest % width);
  });
  return { data, dims };
}

/** The plain way: each box's best class, the first of equals, above the confidence by its score and its objectness. */
function expected(kind: OutputLayout, { data, dims }: OutputTensor, picture: number, confidence: number) {
  const boxes = dims[kind === 'v8' ? 2 : 1]!;
  const width = dims[kind === 'v8' ? 1 : 2]!;
  const first = kind === 'v5' ? 5 : 4;
  return Array.from({ length: boxes }, (_, box) => {
    const at = (value: number) =>
      data[picture * boxes * width + (kind === 'v8' ? value * boxes + box : box * width + value)]!;
    let [classId, best] = [-1, Number.NEGATIVE_INFINITY];
    for (let id = 0; id < classes; id++) if (at(first + id) > best) [classId, best] = [id, at(first + id)];
    const objectness = kind === 'v5' ? at(4) : 1;
    const score = Math.fround(objectness * best);
    return { cx: at(0), cy: at(1), width: at(2), height: at(3), score, classId, objectness };
  })
    .filter(({ score, objectness }) => score > confidence && objectness > confidence)
    .map(({ objectness: _, ...candidate }) => candidate);
}

async function answered(kind: OutputLayout, output: OutputTensor, confidence: number, opset: number) {
  const sketch = { input: ['batch', 3, 32, 32], opset, outputs: [{ dims: output.dims, values: output.data }] };
  const modelFile = file('detector.onnx', onnxModel(sketch));
  const looked = await lookAtModel(
    { ...settings, modelFile },
    { name: 'a model', usualSize: 32, usualStride: 32 },
    () => {},
  );
  const reduction = { kind, output: 'output0', classes, confidence };
  const session = await openSession({ ...looked, use: { preprocessing, reduction, constants: [] }, settings });
  expect(session.notEdited).toBeNull();
  return session.run(new Uint8Array(pictures * 32 * 32 * 3), pictures);
}

const layouts = ['v5', 'v8', 'v8-transposed'] as const;
const opsets = [11, 12, 13, 16, 17, 18, 19, 21];

describe.each(layouts)('the best candidates of an output laid out as %s', (kind) => {
  const few = () => {
    const next = random(7);
    return tensorOf(kind, 50, (_, __, at) => (at < 4 ? Math.floor(next() * 32) : next()));
  };

  it.each(opsets)('are those that reading all of it gives, in its order: opset %i', async (opset) => {
    const output = few();
    const outputs = await answered(kind, output, 0.5, opset);
    expect(isReduced(outputs)).toBe(true);
    for (let picture = 0; picture < pictures; picture++) {
      const wanted = expected(kind, output, picture, 0.5);
      expect(wanted.length).toBeGreaterThan(5);
      expect(readReduced(outputs, picture, 0.5)).toEqual(wanted);
    }
  });

  it('are given all where more than the usual number count', async () => {
    const next = random(3);
    const output = tensorOf(kind, 3000, (picture, _, at) => (at < 4 ? 1 : picture === 0 ? next() : 0.6 + next() / 4));
    const outputs = await answered(kind, output, 0.3, 17);
    expect(isReduced(outputs)).toBe(true);
    for (let picture = 0; picture < pictures; picture++) {
      const wanted = expected(kind, output, picture, 0.3);
      expect(wanted.length).toBeGreaterThan(1000);
      expect(readReduced(outputs, picture, 0.3)).toEqual(wanted);
    }
  });

  it('keep the order of the output where scores are equal, and the first of equal classes', async () => {
    const output = tensorOf(kind, 40, (_, box, at) => (at < 4 ? box : box % 3 === 0 ? 0.75 : 0.5));
    const outputs = await answered(kind, output, 0.1, 17);
    expect(readReduced(outputs, 1, 0.1)).toEqual(expected(kind, output, 1, 0.1));
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'are read from the whole output where a score is %d',
    async (value) => {
      const last = (kind === 'v5' ? 5 : 4) + classes - 1;
      const next = random(5);
      const output = tensorOf(kind, 50, (picture, box, at) =>
        picture === 1 && box === 3 && at === last ? value : 0.5 + next() / 4,
      );
      const outputs = await answered(kind, output, 0.25, 17);
      expect(isReduced(outputs)).toBe(false);
      expect(outputs.get('output0')).toMatchObject({ dims: output.dims });
      expect([...outputs.get('output0')!.data]).toEqual([...output.data]);
    },
  );

  it('are none where nothing is above the confidence', async () => {
    const outputs = await answered(
      kind,
      tensorOf(kind, 9, () => 0.25),
      0.25,
      17,
    );
    expect(readReduced(outputs, 0, 0.25)).toEqual([]);
  });
});

it('a model of an opset without the operators is read whole, and says so', async () => {
  const output = tensorOf('v8', 50, () => 0.5);
  const modelFile = file('old.onnx', onnxModel({ opset: 9, outputs: [{ dims: output.dims, values: output.data }] }));
  const looked = await lookAtModel(
    { ...settings, modelFile },
    { name: 'a model', usualSize: 32, usualStride: 32 },
    () => {},
  );
  const reduction = { kind: 'v8', output: 'output0', classes, confidence: 0.1 } as const;
  const session = await openSession({ ...looked, use: { preprocessing, reduction, constants: [] }, settings });
  expect(session.notEdited).toBe('its output is read whole: opset 9 is older than 11');
  expect([...(await session.run(new Uint8Array(32 * 32 * 3), 1)).keys()]).toEqual(['output0']);
});
