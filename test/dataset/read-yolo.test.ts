import { describe, expect, it } from 'vitest';
import { readNames } from '../../src/dataset/yolo/class-names.ts';
import { readYolo } from '../../src/dataset/yolo/read-yolo.ts';

describe('labels of YOLO', () => {
  it('are a line per object, with or without a score', () => {
    expect(readYolo('0 0.5 0.5 0.25 0.125\r\n\n1 .1 .2 .3 4e-1 0.9\n', 'a.txt', 2)).toEqual([
      { classNo: 0, x: 0.5, y: 0.5, width: 0.25, height: 0.125 },
      { classNo: 1, x: 0.1, y: 0.2, width: 0.3, height: 0.4 },
    ]);
  });

  it('may be outlines, which give the box around them', () => {
    expect(readYolo('0 0.25 0.5 0.75 0.25 0.5 0.75', 'a.txt', 1)).toEqual([
      { classNo: 0, x: 0.5, y: 0.5, width: 0.5, height: 0.5 },
    ]);
  });

  it.each([
    ['0 0.5 x 0.5 0.5', 'DATASET_INVALID', "a.txt: line 1 has 'x' where a number is expected"],
    ['0 0.5 0.5', 'DATASET_INVALID', "a.txt: line 1 has 3 numbers; expected 'class x y width height'"],
    ['0 0.5 0.5 -0.1 0.5', 'DATASET_INVALID', 'a.txt: line 1 has a width or height below 0'],
    ['-1 0 0 0 0', 'DATASET_INVALID', 'a.txt: line 1 begins with -1; expected the number of a class'],
    ['0 0 0 0 0\n80 0 0 0 0', 'DATASET_REFERENCE', 'a.txt: line 2 names class 80, but there are 80 class names'],
  ])('are refused if they are wrong: %j', (text, code, message) => {
    expect(() => readYolo(text, 'a.txt', 80)).toThrow(expect.objectContaining({ code, message }));
  });
});

describe('class names', () => {
  it.each([
    ['data.yaml', 'path: x\nnames:\n  0: dining table\n  1: hair drier\n'],
    ['data.yml', 'names: [dining table, "hair drier"]\nnc: 2\n'],
    ['classes.txt', 'dining table\r\nhair drier\n\n'],
    ['obj.names', 'dining table\nhair drier'],
  ])('of %s', (file, text) => {
    expect(readNames(text, file)).toEqual(['dining table', 'hair drier']);
  });

  it.each([
    ['data.yaml', 'nc: 2', 'names in data.yaml is missing; it must be a list, or a map by number'],
    ['data.yaml', 'names: {0: a, 2: b}', 'names.1 in data.yaml is missing; it must be a text'],
    ['data.yaml', 'names: [', 'data.yaml is not valid YAML'],
    ['classes.txt', '\n', 'the list of names in classes.txt is a list of 0; it must be a list of at least one name'],
    ['classes.txt', 'a\n\nb', "name 1 in classes.txt is ''; it must be 1 to 255 characters long"],
  ])('of a wrong %s are refused: %j', (file, text, message) => {
    expect(() => readNames(text, file)).toThrow(expect.objectContaining({ code: 'DATASET_INVALID', message }));
  });
});
