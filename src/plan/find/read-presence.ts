import type { CatalogRepository, LabelledPictures } from '../../catalog/repository.ts';
import { type AskedClass, cellOf, countsObjects } from '../../programs/predicate/predicate.ts';
import type { Presence } from '../optimize/presence.ts';

/** How often pictures show what, and from where that is known, for people. */
export interface ReadPresence {
  readonly presence: Presence;
  readonly from: string;
  /** Classes of which nothing is known. */
  readonly guessed: readonly string[];
  /** Classes whose numbers of objects are asked for and not known. */
  readonly uncounted: readonly string[];
}

/** @param labels the table that the statement names, with its pictures; null: it names none */
export function readPresence(
  classes: readonly AskedClass[],
  { models }: Pick<CatalogRepository, 'models'>,
  labels: { readonly name: string; readonly pictures: LabelledPictures } | null,
): ReadPresence {
  return labels === null || labels.pictures.images === 0
    ? independentPresence(classes, models)
    : jointPresence(classes, labels.name, labels.pictures);
}

function jointPresence(
  classes: readonly AskedClass[],
  name: string,
  { images, shown }: LabelledPictures,
): ReadPresence {
  const pictures = shown.map(({ objects, images: own }) => ({
    cells: classes.map((asked) => {
      const key = asked.name.toLowerCase();
      return cellOf(asked, Object.hasOwn(objects, key) ? objects[key]! : 0);
    }),
    share: own / images,
  }));
  const from = `${images} labelled images of ${name}: which classes occur together is known`;
  return { presence: { kind: 'joint', pictures }, from, guessed: [], uncounted: [] };
}

/** The share of pictures that show a class of which nothing is known. */
const assumedShare = 0.5;

function independentPresence(classes: readonly AskedClass[], models: CatalogRepository['models']): ReadPresence {
  const evaluations = models
    .flatMap(({ evaluation }) => evaluation ?? [])
    .toSorted((a, b) => (a.measuredAt > b.measuredAt ? -1 : 1));
  const guessed: string[] = [];
  const used = new Map<string, number>();
  const shares = classes.map((asked) => {
    for (const { measuredAt, images, classes: measured } of evaluations) {
      const own = measured.find(({ name }) => name.toLowerCase() === asked.name.toLowerCase());
      if (own === undefined || own.presence === null) continue;
      used.set(measuredAt.slice(0, 10), images);
      return cellShares(asked, own.presence);
    }
    guessed.push(asked.name);
    return cellShares(asked, assumedShare);
  });
  const of = [...used].map(([day, images]) => `${images} images of ${day}`).join(', ');
  const known = used.size === 0 ? 'nothing is known' : `evaluations over ${of}`;
  return {
    presence: { kind: 'independent', shares },
    from: `${known}; classes are taken to occur independently of each other`,
    guessed,
    uncounted: classes.filter(countsObjects).map(({ name }) => name),
  };
}

/** Evaluations tell how many pictures show a class, not how often: each further object is taken to be half as likely. */
function cellShares({ starts }: AskedClass, presence: number): readonly number[] {
  const atLeast = [0, ...starts].map((count) => (count === 0 ? 1 : presence / 2 ** (count - 1)));
  return atLeast.map((share, cell) => share - (atLeast[cell + 1] ?? 0));
}
