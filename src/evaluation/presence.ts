import type { Boxes } from './boxes.ts';

/** How well images are told apart by whether they show a class. */
export interface Presence {
  /** Images in which the class is rightly found or rightly not found. */
  readonly right: number;
  readonly wrong: number;
  /** Images that show the class. */
  readonly shown: number;
  /** Share of the images with a detection that show the class; null: there are none. */
  readonly precision: number | null;
  /** Share of the images that show the class which have a detection; null: there are none. */
  readonly recall: number | null;
}

/**
 * For each class, whether images show it (an object or a crowd) and whether it is detected there.
 * @param confidence least score of a detection that counts
 */
export function measurePresence(
  truth: Boxes,
  detections: Boxes,
  { classes, images, confidence }: { readonly classes: number; readonly images: number; readonly confidence: number },
): readonly Presence[] {
  const shown = imagesByClass(truth, classes, () => true);
  const found = imagesByClass(detections, classes, (detection) => detections.weightOf(detection) >= confidence);
  return shown.map((shows, classNo) => presenceOf(shows, found[classNo]!, images));
}

function imagesByClass(boxes: Boxes, classes: number, counts: (box: number) => boolean): readonly Set<number>[] {
  return boxes.byClass(classes).map((numbers) => {
    const images = new Set<number>();
    for (const number of numbers) if (counts(number)) images.add(boxes.imageOf(number));
    return images;
  });
}

function presenceOf(shown: ReadonlySet<number>, found: ReadonlySet<number>, images: number): Presence {
  const both = [...found].filter((image) => shown.has(image)).length;
  const wrong = shown.size + found.size - 2 * both;
  return {
    right: images - wrong,
    wrong,
    shown: shown.size,
    precision: share(both, found.size),
    recall: share(both, shown.size),
  };
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
