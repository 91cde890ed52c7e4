import { describe, expect, it } from 'vitest';
import { describeModel } from '../../../../src/worker/programs/describe-model.ts';
import { identifyModel } from '../../../../src/worker/programs/identify-model.ts';
import { onnxModel } from '../../onnx-model.ts';
import { flowerModel } from '../../tabular-onnx.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const fileOf = temporaryFolder();

function settingsOf(bytes: Uint8Array) {
  const modelFile = fileOf('model.onnx', bytes);
  return { modelFile, modelRoot: null, device: 'cpu', threads: 1, imageSize: null } as const;
}

const identify = (bytes: Uint8Array, kind: Parameters<typeof identifyModel>[1] = null) =>
  identifyModel(settingsOf(bytes), kind, null);

describe('A file whose inputs are columns', () => {
  it('is a model of a table, with what the trainer says of it', async () => {
    expect(await identify(flowerModel())).toEqual({
      kind: 'tabular',
      family: 'LinearClassifier',
      classNames: ['tulip', 'rose'],
      width: null,
      height: null,
      inputs: ['width', 'colour'],
      tabular: {
        inputs: [
          { name: 'width', kind: 'number' },
          { name: 'colour', kind: 'text' },
        ],
        output: 'class',
        label: 'kind',
        estimator: 'LinearClassifier',
        type: 'text',
        values: 1,
        hasProbabilities: true,
      },
    });
    expect(await describeModel(settingsOf(flowerModel()))).toBe('LinearClassifier, 2 columns, 2 classes');
  });

  it('of another exporter is known by the shapes of its outputs', async () => {
    const bytes = flowerModel({
      inputs: [
        ['width', 'float32', ['', 1]],
        ['colour', 'string', ['', 1]],
      ],
      outputs: [
        ['output_label', 'int64', ['']],
        ['output_probability', 'float32', ['', 2]],
      ],
      classes: [3, 7],
      metadata: null,
    });
    const found = await identify(bytes);
    expect(found).toMatchObject({ kind: 'tabular', family: null, classNames: ['0', '1'] });
    expect(found.tabular).toMatchObject({ output: 'class', type: 'whole', label: null, hasProbabilities: true });
  });

  it('has its classes in the file, so CREATE MODEL gives it no others', async () => {
    await expect(identifyModel(settingsOf(flowerModel()), null, ['a', 'b'])).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: 'a model of a table has its classes in its file',
    });
  });
});

describe('A file whose inputs are others', () => {
  it('is not one of a table, and the error says which inputs it has', async () => {
    const matrix = flowerModel({
      inputs: [
        ['width', 'float32', ['n', 30]],
        ['colour', 'string', ['n', 1]],
      ],
    });
    await expect(identify(matrix, 'tabular')).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message:
        'the model does not read columns of a table: its inputs are width (float32 [n, 30]), colour (string [n, 1])',
    });
  });

  it('is recognised as before', async () => {
    const classifier = onnxModel({ outputs: [{ dims: [1, 2], values: Float32Array.of(0.25, 0.75) }] });
    expect(await identify(classifier)).toMatchObject({ kind: 'classifier', width: 32 });
    await expect(identify(classifier, 'tabular')).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
  });
});
