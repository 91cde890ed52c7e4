import { MillraceError } from '../../errors.ts';
import { visibleLine } from '../../visible-text.ts';
import type { YoloBox } from '../boxes.ts';

export interface YoloLabel extends YoloBox {
  /** Number of the class, from 0. */
  readonly classNo: number;
}

/**
 * Reads a file of labels: a line `class x y width height` per object. A line of an outline, `class x1 y1 x2 y2 x3 y3 …`, gives the
 * outline's box, as in Ultralytics.
 *
 * @param where name of the file, for messages
 * @param classes number of classes
 * @throws {MillraceError} DATASET_INVALID, DATASET_REFERENCE for an unknown class
 */
export function readYolo(text: string, where: string, classes: number): readonly YoloLabel[] {
  return text.split('\n').flatMap((line, index) => {
    const words = line.trim().split(/\s+/);
    return words[0] === '' ? [] : [labelOf(words, `${where}: line ${index + 1}`, classes)];
  });
}

function labelOf(words: readonly string[], where: string, classes: number): YoloLabel {
  const numbers = words.map((word) => (word === '' ? Number.NaN : Number(word)));
  const wrong = numbers.findIndex((number) => !Number.isFinite(number));
  if (wrong >= 0) throw invalid(where, `has '${visibleLine(words[wrong]!.slice(0, 60))}' where a number is expected`);
  const [classNo = 0, ...values] = numbers;
  if (!Number.isSafeInteger(classNo) || classNo < 0)
    throw invalid(where, `begins with ${classNo}; expected the number of a class`);
  if (classNo >= classes)
    throw new MillraceError(
      'DATASET_REFERENCE',
      `${where} names class ${classNo}, but there are ${classes} class names`,
      {
        hint: 'name the file with all class names in --names',
      },
    );
  // A fifth value is the score that detectors append.
  if (values.length === 4 || values.length === 5) {
    const [x, y, width, height] = values as [number, number, number, number];
    if (width < 0 || height < 0) throw invalid(where, 'has a width or height below 0');
    return { classNo, x, y, width, height };
  }
  if (values.length >= 6 && values.length % 2 === 0) return { classNo, ...boxAround(values) };
  throw invalid(where, `has ${words.length} numbers; expected 'class x y width height'`);
}

function boxAround(values: readonly number[]): YoloBox {
  const xs = values.filter((_, index) => index % 2 === 0);
  const ys = values.filter((_, index) => index % 2 === 1);
  const [left, right] = [least(xs), -least(xs.map((x) => -x))];
  const [top, bottom] = [least(ys), -least(ys.map((y) => -y))];
  return { x: (left + right) / 2, y: (top + bottom) / 2, width: right - left, height: bottom - top };
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function invalid(where: string, what: string): MillraceError {
  return new MillraceError('DATASET_INVALID', `${where} ${what}`);
}
