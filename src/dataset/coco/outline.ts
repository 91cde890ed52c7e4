import { type Tokenizer, TokenType } from '@streamparser/json';
import { MillraceError } from '../../errors.ts';
import { invalid } from '../fields.ts';

export type Token = Parameters<Tokenizer['onToken']>[0];

/** Depths of an instance file: the file's object, a list of entries, an entry. */
const [inFile, inEntry] = [1, 3];
/** Nothing in an instance file is nested deeper than 5. */
const deepest = 100;

const lists = ['licenses', 'images', 'annotations', 'categories'];
const required = ['images', 'categories'];

export interface Outline {
  readonly follow: (token: Token) => void;
  hasEnded(): boolean;
  /** Whether the last token was the key of an annotation's segmentation. */
  isAtSegmentation(): boolean;
  /** @throws {MillraceError} DATASET_INVALID if a list that a dataset needs is missing */
  requireLists(): void;
}

/**
 * Follows the nesting of an instance file and checks its outermost parts. Segmentations that are not asked for reach the parser as null:
 * they are most of the file.
 */
export function openOutline(
  forward: (token: Token) => void,
  { skipSegmentations }: { readonly skipSegmentations: boolean },
): Outline {
  const found = new Set<string>();
  let depth = 0;
  let isKey = false;
  let key = '';
  let part = '';
  let isSkipping = false;
  let isAtSegmentation = false;
  let hasEnded = false;

  const value = (kind: Token['token'], written: Token['value']) => {
    if (depth === 0 && kind !== TokenType.LEFT_BRACE) throw notInstances(kind);
    if (depth === inFile) {
      checkPart(part, kind, written);
      found.add(part);
    }
  };

  return {
    follow(token) {
      const { token: kind, value: written } = token;
      const isOpening = kind === TokenType.LEFT_BRACE || kind === TokenType.LEFT_BRACKET;
      const isClosing = kind === TokenType.RIGHT_BRACE || kind === TokenType.RIGHT_BRACKET;
      isAtSegmentation = false;
      const isPunctuation = kind === TokenType.COLON || kind === TokenType.COMMA || kind === TokenType.SEPARATOR;
      if (kind === TokenType.STRING && isKey) {
        key = written as string;
        if (depth === inFile) part = key;
        isAtSegmentation = depth === inEntry && key === 'segmentation' && part === 'annotations';
      } else if (!isClosing && !isPunctuation && depth <= inFile) value(kind, written);
      if (isOpening) depth += 1;
      if (isClosing) depth -= 1;
      if (depth > deepest)
        throw new MillraceError('DATASET_INVALID', `the annotations are nested deeper than ${deepest}`);
      isKey = kind === TokenType.LEFT_BRACE || (kind === TokenType.COMMA && (depth === inFile || depth === inEntry));
      if (isSkipping) {
        if (depth > inEntry) return;
        isSkipping = false;
        return forward({ ...token, token: TokenType.NULL, value: null });
      }
      isSkipping =
        skipSegmentations &&
        kind === TokenType.COLON &&
        depth === inEntry &&
        key === 'segmentation' &&
        part === 'annotations';
      hasEnded = isClosing && depth === 0;
      forward(token);
    },
    hasEnded: () => hasEnded,
    isAtSegmentation: () => isAtSegmentation,
    requireLists() {
      for (const name of required) if (!found.has(name)) throw invalid(name, undefined, 'a list');
    },
  };
}

function notInstances(kind: Token['token']): MillraceError {
  const found = kind === TokenType.LEFT_BRACKET ? 'a list' : 'a single value';
  return new MillraceError(
    'DATASET_INVALID',
    `the annotations are ${found}; expected an object with "images" and "annotations"`,
    {
      hint: "name an instance file of COCO; a list is the form of a detector's results",
    },
  );
}

function checkPart(part: string, kind: Token['token'], written: Token['value']): void {
  const isList = kind === TokenType.LEFT_BRACKET;
  const isObject = kind === TokenType.LEFT_BRACE;
  const shown = isList ? [] : isObject ? {} : written;
  if (lists.includes(part) && !isList) throw invalid(part, shown, 'a list');
  if (part === 'info' && !isObject && written !== null) throw invalid(part, shown, 'an object');
}
