import { describe, expect, it } from 'vitest';
import { readClassNames } from '../../../src/worker/model/class-names.ts';

describe('class names', () => {
  it.each([
    ["{0: 'person', 1: 'traffic light'}", ['person', 'traffic light']],
    [`{0: "potter's wheel", 1: 'so-called "pot"'}`, ["potter's wheel", 'so-called "pot"']],
    ["{0: 'it\\'s', 1: 'a\\\\b'}", ["it's", 'a\\b']],
    ["['cat', 'dog']", ['cat', 'dog']],
    ["('cat', 'dog',)", ['cat', 'dog']],
    ['{"0": "cat", "1": "dog"}', ['cat', 'dog']],
    ["{0: 'zero', 2: 'two'}", ['zero', 'class 1', 'two']],
    ["{1: 'one', 0: 'zero'}", ['zero', 'one']],
    ['{}', []],
    ['', []],
    [undefined, []],
    ['{"0": "\\u0437\\u0435\\u0431\\u0440\\u0430", "1": "\\u732b\\ud83d\\ude00"}', ['зебра', '猫😀']],
    ["{0: 'caf\\u00e9', 1: 'no\\xa0smoking', 2: '\\U0001f600'}", ['café', 'no\u00a0smoking', '😀']],
    [
      "{0: 'a\\nb\\tc', 1: 'zero\\u200bwidth', 2: '\\101\\0', 3: '\\q', 4: u'u'}",
      ['a\nb\tc', 'zero\u200bwidth', 'A\0', '\\q', 'u'],
    ],
    ["{0: r'a\\nb'}", ['a\\nb']],
    ['["a\\/b"]', ['a/b']],
    ["{0: '\\ud800'}", ['\ufffd']],
    ['{0: 2146, 1: 21008}', ['2146', '21008']],
    ['{0: True, 1: False, 2: None, 3: 1.5, 4: -3}', ['True', 'False', 'None', '1.5', '-3']],
    ["{0: 'cat', 1: 2, 2: 'dog'}", ['cat', '2', 'dog']],
    ['{"0": true, "1": null}', ['true', 'null']],
    [`{0: '${'ü'.repeat(255)}'}`, ['ü'.repeat(255)]],
  ])('are read from %s', (written, names) => {
    expect(readClassNames(written)).toEqual(names);
  });

  it.each([
    ["{4000000000: 'far'}", 'has the class id 4000000000, above the limit of 65535'],
    [`{0: '${'x'.repeat(256)}'}`, 'has a name of more than 255 characters for class 0'],
    ["{'cat': 0}", "has the key 'cat', which is not a class id"],
    ['person', 'is neither a list nor a dict'],
    ["{0: 'cat'", 'cannot be read: its end is not expected at character 10'],
    ["{0: 'cat}", 'cannot be read: the text that begins at character 5 has no closing quote'],
    ["{0: ['cat']}", "cannot be read: '[' is not expected at character 5"],
    ["{0: b'cat'}", "cannot be read: 'b'' is not expected at character 5"],
    ["{0 'cat'}", 'cannot be read: a text is not expected at character 4'],
    ["['\\u12']", 'cannot be read: the escape at character 3 is incomplete'],
    ["['a'] x", "cannot be read: 'x' is not expected at character 7"],
  ])('are refused: %s', (written, what) => {
    expect(() => readClassNames(written)).toThrow(
      expect.objectContaining({ code: 'MODEL_UNSUPPORTED', message: `the model's metadata entry 'names' ${what}` }),
    );
  });

  it('are read in time linear in their length', () => {
    const hostile = [
      `${'{'.repeat(200_000)}`,
      `'${'\\'.repeat(400_001)}`,
      `[${'a,'.repeat(100_000)}`,
      ' '.repeat(400_000),
    ];
    for (const written of hostile) expect(() => readClassNames(written)).not.toThrow(RangeError);
  });
});
