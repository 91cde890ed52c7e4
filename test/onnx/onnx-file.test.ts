import { describe, expect, it } from 'vitest';
import { readOnnxFile } from '../../src/onnx/onnx-file.ts';
import { readNumbers } from '../../src/worker/model/model.ts';
import { onnxModel } from '../worker/onnx-model.ts';

const outputs = [{ dims: [1, 6, 21] }];

describe('an ONNX file', () => {
  it('has metadata past all other fields', () => {
    const model = onnxModel({ outputs, metadata: { names: "{0: 'cat'}", stride: '32', é: '' } });
    expect([...readOnnxFile(model).metadata]).toEqual([
      ['names', "{0: 'cat'}"],
      ['stride', '32'],
      ['é', ''],
    ]);
  });

  it('may have none', () => {
    expect(readOnnxFile(onnxModel({ outputs })).metadata.size).toBe(0);
  });

  it('says which files hold its weights', () => {
    const externalFile = 'weights.data';
    expect([...readOnnxFile(onnxModel({ outputs, externalFile })).externalFiles]).toEqual([[externalFile, 0]]);
    const two = onnxModel({ outputs: [...outputs, ...outputs], externalFile, externalOffset: 4096 });
    expect([...readOnnxFile(two).externalFiles]).toEqual([[externalFile, 4096 + 6 * 21 * 4]]);
    expect(readOnnxFile(onnxModel({ outputs })).externalFiles.size).toBe(0);
  });

  it('declares its inputs, without weights that are listed as such, and its outputs', () => {
    const otherInputs = [
      { name: 'size', dims: ['batch', 2] },
      { name: 'output0_value', dims: [1, 6, 21] },
    ];
    const declared = [...outputs, { dims: [1, 2], declared: ['batch', ''] }, { dims: [1], declared: null }];
    const model = readOnnxFile(onnxModel({ input: ['batch', 3, 32, 'width'], outputs: declared, otherInputs }));
    expect(model.inputs).toEqual([
      { name: 'images', type: 'float32', dims: ['batch', 3, 32, 'width'], shape: ['batch', 3, 32, 'width'] },
      { name: 'size', type: 'int64', dims: ['batch', 2], shape: ['batch', 2] },
    ]);
    expect(model.outputs).toEqual([
      { name: 'output0', type: 'float32', dims: [1, 6, 21], shape: [1, 6, 21] },
      { name: 'output1', type: 'float32', dims: null, shape: ['batch', ''] },
      { name: 'output2', type: 'float32', dims: null, shape: null },
    ]);
  });

  it('is no text', () => {
    expect(() => readOnnxFile(new TextEncoder().encode('version https://git-lfs.github.com/spec/v1'))).toThrow();
  });

  it.each([
    ['640', [640]],
    ['[480, 640]', [480, 640]],
    ['32.0', [32]],
    ['', []],
  ])('numbers are read from %s', (literal, numbers) => {
    expect(readNumbers(literal)).toEqual(numbers);
  });
});
