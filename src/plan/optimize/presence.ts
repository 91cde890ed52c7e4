import { type AskedClass, cellOf } from '../../programs/predicate/predicate.ts';

/** How often pictures show what: for each class alone, or for all classes together. Shares add up to 1. */
export type Presence =
  | {
      readonly kind: 'independent';
      /** For each class, the share of pictures in each of its cells. */
      readonly shares: readonly (readonly number[])[];
    }
  | {
      readonly kind: 'joint';
      readonly pictures: readonly PictureShare[];
    };

/** The share of pictures that have these cells, one for each class. */
export interface PictureShare {
  readonly cells: readonly number[];
  readonly share: number;
}

/** The joint presence in pictures whose objects are known. @param counts for each picture, the number of objects of each class that it shows */
export function jointPresence(classes: readonly AskedClass[], counts: Iterable<ReadonlyMap<string, number>>): Presence {
  const pictures = new Map<string, { readonly cells: readonly number[]; number: number }>();
  let total = 0;
  for (const shown of counts) {
    const cells = classes.map((asked) => cellOf(asked, shown.get(asked.name) ?? 0));
    const key = cells.join();
    const same = pictures.get(key) ?? { cells, number: 0 };
    pictures.set(key, same);
    same.number += 1;
    total += 1;
  }
  return {
    kind: 'joint',
    pictures: [...pictures.values()].map(({ cells, number }) => ({ cells, share: number / total })),
  };
}
