import type { LimitFunction } from 'p-limit';
import type { ImageSource } from '../../image/encoded-image.ts';
import type { InputRow, Outcome } from '../../row-program.ts';
import { type Deciding, decideByKnown, decideByModels, isUndecided } from './decide.ts';
import { type PictureGroup, type ReadingOptions, readInGroups } from './picture-source.ts';
import type { Lot } from './question-batches.ts';

/** Where pages of pictures come from. */
export interface PageSource {
  images(rows: readonly InputRow[]): readonly ImageSource[];
  readonly reading: ReadingOptions;
}

/**
 * Decides pages of pictures, of which several may be under way at once. Pictures are read in the order of the pages, and no faster than they
 * are decided.
 * @param inFlight bounds the pictures that models are asked about
 */
export function decidePages(
  deciding: Deciding,
  { images, reading }: PageSource,
  inFlight: LimitFunction,
): (rows: readonly InputRow[]) => Promise<readonly Outcome[]> {
  const { questions, earlier } = deciding;
  let previous: Promise<unknown> = Promise.resolve();

  /** Starts on each picture of the page. */
  async function startAll(rows: readonly InputRow[], lot: Lot): Promise<readonly Promise<Outcome>[]> {
    const outcomes: Promise<Outcome>[] = [];
    for await (const group of readInGroups(images(rows), reading)) await startGroup(group, lot, outcomes);
    return outcomes;
  }

  /** @returns once each picture has been started */
  async function startGroup({ pictures, failed }: PictureGroup, lot: Lot, outcomes: Promise<Outcome>[]): Promise<void> {
    for (const { at, row } of failed) outcomes[at] = settled(Promise.resolve(row), lot);
    const known = await earlier.read(pictures.map(({ digest }) => digest));
    const starts = pictures.map((picture, index) => {
      const decided = decideByKnown(deciding, picture, known[index]!);
      if (!isUndecided(decided)) {
        outcomes[picture.at] = settled(Promise.resolve(decided), lot);
        return null;
      }
      return new Promise<void>((started) => {
        const decide = () => {
          started();
          return decideByModels(deciding, decided, lot);
        };
        outcomes[picture.at] = settled(inFlight(decide), lot);
      });
    });
    await Promise.all(starts);
  }

  /** Its failure is looked at later: without this Node ends the process in between. */
  function settled(outcome: Promise<Outcome>, lot: Lot): Promise<Outcome> {
    const whole = outcome.finally(() => questions.decided(lot));
    whole.catch(() => {});
    return whole;
  }

  return async (rows) => {
    const lot = questions.begin(rows.length);
    const started = previous.then(() => startAll(rows, lot));
    previous = started.catch(() => {});
    const outcomes = await Promise.all(await started);
    // Before the ledger holds the rows, so that what it does not hold is stored.
    await earlier.flush();
    return outcomes;
  };
}
