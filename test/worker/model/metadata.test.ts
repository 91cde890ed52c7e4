import { describe, expect, it } from 'vitest';
import { parseClassNames, parseNumbers, readMetadata } from '../../../src/worker/model/metadata.ts';
import { onnxModel } from '../onnx-model.ts';

describe('metadata of an ONNX file', () => {
  it('are read past all other fields', () => {
    const model = onnxModel({
      outputs: [{ dims: [1, 6, 21] }],
      metadata: { names: "{0: 'cat'}", stride: '32', é: '' },
    });
    expect([...readMetadata(model)]).toEqual([
      ['names', "{0: 'cat'}"],
      ['stride', '32'],
      ['é', ''],
    ]);
  });

  it('may be missing', () => {
    expect(readMetadata(onnxModel({ outputs: [{ dims: [1, 6, 21] }] })).size).toBe(0);
  });

  it('cannot be read from text', () => {
    expect(() => readMetadata(new TextEncoder().encode('version https://git-lfs.github.com/spec/v1'))).toThrow();
  });
});

describe('class names', () => {
  it.each([
    ["{0: 'person', 1: 'traffic light'}", ['person', 'traffic light']],
    [`{0: "potter's wheel", 1: 'so-called "pot"'}`, ["potter's wheel", 'so-called "pot"']],
    ["{0: 'it\\'s', 1: 'a\\\\b'}", ["it's", 'a\\b']],
    ["['cat', 'dog']", ['cat', 'dog']],
    ['{"0": "cat", "1": "dog"}', ['cat', 'dog']],
    ["{0: 'zero', 2: 'two'}", ['zero', 'class 1', 'two']],
    ['{}', []],
    ['', []],
  ])('are read from %s', (literal, names) => {
    expect(parseClassNames(literal)).toEqual(names);
  });

  it.each([
    ['640', [640]],
    ['[480, 640]', [480, 640]],
    ['32.0', [32]],
    ['', []],
  ])('numbers are read from %s', (literal, numbers) => {
    expect(parseNumbers(literal)).toEqual(numbers);
  });
});
