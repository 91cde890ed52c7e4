/** Why a text is not JSON, and where: V8 gives the position of some errors only. https://www.rfc-editor.org/rfc/rfc8259 */
export interface JsonError {
  /** In UTF-16 units. */
  readonly offset: number;
  readonly reason: string;
}

type Expected = 'value' | 'firstItem' | 'firstKey' | 'key' | 'colon' | 'commaOrEnd';

const words: Record<Expected, string> = {
  value: 'a value',
  firstItem: 'a value or ]',
  firstKey: 'a key in double quotes or }',
  key: 'a key in double quotes',
  colon: 'a colon after the key',
  commaOrEnd: 'a comma or the closing bracket',
};

const blank = /[ \t\n\r]*/y;
const scalar = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null/y;
/** Matched piece by piece, so that no text is read twice. */
const stringPart = /[^"\\\x00-\x1f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** @returns null if the text is JSON */
export function findJsonError(text: string): JsonError | null {
  const open: string[] = [];
  let expected: Expected | 'end' = 'value';
  let offset = 0;
  const match = (pattern: RegExp) => {
    pattern.lastIndex = offset;
    const length = pattern.exec(text)?.[0].length ?? 0;
    offset += length;
    return length > 0;
  };
  const after = (): Expected | 'end' => (open.length === 0 ? 'end' : 'commaOrEnd');
  const unexpected = (): JsonError => {
    const found = offset >= text.length ? 'the end' : JSON.stringify(String.fromCodePoint(text.codePointAt(offset)!));
    return { offset, reason: `expected ${expected === 'end' ? 'the end' : words[expected]}, found ${found}` };
  };
  const string = (): JsonError | null => {
    const start = offset++;
    while (match(stringPart));
    if (text[offset] === '"') {
      offset += 1;
      return null;
    }
    if (offset >= text.length) return { offset: start, reason: 'a string has no closing quote' };
    const what = text[offset] === '\\' ? 'an unknown escape' : 'a control character; write it as an escape such as \\n';
    return { offset, reason: `a string contains ${what}` };
  };

  for (;;) {
    match(blank);
    const character = text[offset];
    if (expected === 'end') return offset >= text.length ? null : unexpected();
    if (character === '"' && expected !== 'colon' && expected !== 'commaOrEnd') {
      const isKey: boolean = expected === 'key' || expected === 'firstKey';
      const error = string();
      if (error !== null) return error;
      expected = isKey ? 'colon' : after();
    } else if (character === ':' && expected === 'colon') {
      offset += 1;
      expected = 'value';
    } else if (character === ',' && expected === 'commaOrEnd') {
      offset += 1;
      expected = open.at(-1) === '}' ? 'key' : 'value';
    } else if (character === open.at(-1) && ['commaOrEnd', 'firstItem', 'firstKey'].includes(expected)) {
      offset += 1;
      open.pop();
      expected = after();
    } else if ((character === '{' || character === '[') && (expected === 'value' || expected === 'firstItem')) {
      offset += 1;
      open.push(character === '{' ? '}' : ']');
      expected = character === '{' ? 'firstKey' : 'firstItem';
    } else if ((expected === 'value' || expected === 'firstItem') && match(scalar)) {
      expected = after();
    } else return unexpected();
  }
}
