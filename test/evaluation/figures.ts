import { Boxes } from '../../src/evaluation/boxes.ts';
import { type CocoAccuracy, figureNames, measureBoxes } from '../../src/evaluation/coco.ts';

/** What `coco-figures.py` reads: images and categories by id; boxes as rows of numbers. */
export interface Input {
  readonly images: readonly number[];
  readonly categories: readonly number[];
  /** image, category, x, y, width, height, area, iscrowd */
  readonly annotations: readonly (readonly number[])[];
  /** image, category, x, y, width, height, score */
  readonly detections: readonly (readonly number[])[];
}

/** What it prints: COCO's twelve figures, and the same for each category. */
export interface Figures {
  readonly stats: readonly number[];
  readonly perClass: readonly (readonly number[])[];
}

export function boxesOf({ images, categories, annotations, detections }: Input) {
  const [imageNo, classNo] = [numbersOf(images), numbersOf(categories)];
  const [truth, found] = [new Boxes(), new Boxes()];
  const add = (boxes: Boxes, [image, category, x, y, width, height, weight, crowd]: readonly number[]) =>
    boxes.add(imageNo.get(image!)!, classNo.get(category!)!, [x!, y!, width!, height!], weight!, crowd === 1);
  for (const row of annotations) add(truth, row);
  for (const row of detections) add(found, row);
  return { truth, found, classes: categories.length };
}

export function measured(input: Input): CocoAccuracy {
  const { truth, found, classes } = boxesOf(input);
  return measureBoxes(truth, found, classes);
}

export function figuresOf(input: Input): Figures {
  const { figures, classes } = measured(input);
  const categories = input.categories.toSorted((a, b) => a - b);
  return {
    stats: figureNames.map((name) => figures[name]),
    perClass: classes.map((each) => [categories[each.classNo]!, ...figureNames.map((name) => each.figures[name])]),
  };
}

function numbersOf(ids: readonly number[]): ReadonlyMap<number, number> {
  return new Map(ids.toSorted((a, b) => a - b).map((id, index) => [id, index]));
}

/** The largest difference between figures. */
export function difference(a: Figures, b: Figures): number {
  const numbers = ({ stats, perClass }: Figures) => [...stats, ...perClass.flat()];
  const [left, right] = [numbers(a), numbers(b)];
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  return Math.max(...left.map((value, index) => Math.abs(value - right[index]!)));
}
