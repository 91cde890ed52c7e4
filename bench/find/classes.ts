import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Presence } from '../../src/plan/optimize/presence.ts';
import { cocoClasses } from '../../src/programs/coco-classes.ts';
import { type AskedClass, cellOf } from '../../src/programs/predicate/predicate.ts';

/** The thesis's repository and COCO's boxes lie beside the project on the machine of its authors; elsewhere both are generated. */
export const sharedData = join(import.meta.dirname, '../../../shared/data');

export const classNames: readonly string[] = cocoClasses;

export interface Pictures {
  /** What the numbers of pictures come from, for a note. */
  readonly source: string;
  /** How often each cell of a class occurs, each class for itself. */
  presenceOf(classes: readonly AskedClass[]): Presence;
}

/** The 5,000 images of COCO's val2017, of which 48 show nothing. */
const imagesOfVal2017 = 5000;

export function openPictures(): Pictures {
  const file = join(sharedData, 'coco_val2017_boxes.txt');
  return existsSync(file) ? countedPictures(readFileSync(file, 'utf8')) : generatedPictures();
}

function countedPictures(text: string): Pictures {
  const images = text
    .trim()
    .split('\n')
    .map((line) => countsOf(line.split(' ').slice(1)));
  return {
    source: 'presence of classes in COCO val2017',
    presenceOf: (classes) => ({
      kind: 'independent',
      shares: classes.map((asked) => {
        const shares = new Array<number>(asked.starts.length + 1).fill(0);
        for (const counts of images) shares[cellOf(asked, counts.get(asked.name) ?? 0)]! += 1 / imagesOfVal2017;
        shares[0]! += (imagesOfVal2017 - images.length) / imagesOfVal2017;
        return shares;
      }),
    }),
  };
}

/** @param boxes `x1,y1,x2,y2,class` */
function countsOf(boxes: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const box of boxes) {
    const name = classNames[Number(box.split(',')[4])]!;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** As in COCO, the most frequent class is on half of the pictures, and most classes are on few. */
function generatedPictures(): Pictures {
  const shareOf = (name: string) => 0.5 / (1 + classNames.indexOf(name));
  return {
    source: 'presence of classes generated: the n-th class is on 1 picture of 2n',
    presenceOf: (classes) => ({
      kind: 'independent',
      shares: classes.map(({ name, starts }) => {
        const share = shareOf(name) / Math.max(1, starts.length);
        return [1 - share * starts.length, ...starts.map(() => share)];
      }),
    }),
  };
}
