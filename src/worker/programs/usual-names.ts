import type { Logger } from 'pino';
import { cocoCategories, cocoClasses } from '../../programs/coco-classes.ts';
import { imagenetClasses } from '../../programs/imagenet-classes.ts';

/** Names of a well-known data set. */
export interface UsualNames {
  readonly dataset: 'COCO' | 'ImageNet';
  readonly names: readonly string[];
}

/** Names for a detector's classes by their number alone; null: no data set that everybody trains on has as many. */
export function usualDetectorNames(classes: number): UsualNames | null {
  if (classes === cocoClasses.length) return { dataset: 'COCO', names: cocoClasses };
  if (classes === cocoCategories.length) return { dataset: 'COCO', names: cocoCategories };
  if (classes === cocoCategories.length - 1) return { dataset: 'COCO', names: cocoCategories.slice(1) };
  return null;
}

/** The same for a classifier's; 1001: TensorFlow's models have a background first. */
export function usualClassifierNames(classes: number): UsualNames | null {
  if (classes === imagenetClasses.length) return { dataset: 'ImageNet', names: imagenetClasses };
  if (classes === imagenetClasses.length + 1) return { dataset: 'ImageNet', names: ['background', ...imagenetClasses] };
  return null;
}

export function warnOfAssumedNames(log: Logger, dataset: string | null): void {
  if (dataset === null) return;
  log.warn(
    `the model names no classes and has as many as ${dataset}: ${dataset}'s names are used; --class_names or --classes_file gives others`,
  );
}
