import { MillraceError } from '../../../errors.ts';
import type { CascadeSetting } from '../../../programs/cascade.ts';
import type { KeptPicture, KeptPictures } from '../../image/kept-pictures.ts';
import type { Slot } from '../../image/placing.ts';
import { type AskedModel as AskedOf, failedRow, type Outcome } from '../../row-program.ts';
import type { AskedModel, Seen } from './asked-model.ts';
import type { EarlierAnswers } from './earlier-answers.ts';
import { imageFailure, type ReadPicture } from './picture-source.ts';
import type { Lot, QuestionBatches } from './question-batches.ts';
import type { Residual } from './residual.ts';

/** What pictures are decided with. */
export interface Deciding {
  readonly cascade: CascadeSetting;
  /** For each model of the cascade. */
  readonly models: readonly AskedModel[];
  readonly residual: Residual;
  readonly questions: QuestionBatches;
  readonly earlier: EarlierAnswers;
  readonly kept: KeptPictures;
  /** Places for pictures in the inputs of models. */
  readonly slots: Slots;
}

export interface Slots {
  /** The number of the input that a model has. */
  inputOf(model: AskedModel): number;
  take(input: number): Slot;
  give(input: number, slot: Slot): void;
}

/** A picture on its way through the cascade. */
interface Undecided {
  readonly picture: ReadPicture;
  readonly known: ReadonlyMap<AskedModel, Seen>;
  readonly counts: Map<string, number>;
  readonly asked: AskedOf[];
  /** The place in the cascade of the model to ask next. */
  next: number;
}

/**
 * Decides a picture by stored answers, as far as they go.
 * @param known answers to earlier statements
 */
export function decideByKnown(
  deciding: Deciding,
  picture: ReadPicture,
  known: ReadonlyMap<AskedModel, Seen>,
): Outcome | Undecided {
  const undecided: Undecided = { picture, known, counts: new Map(), asked: [], next: 0 };
  const next = deciding.residual.next(undecided.counts);
  return next === null ? rowOf(deciding, undecided, 0) : follow(deciding, { ...undecided, next });
}

export function isUndecided(decided: Outcome | Undecided): decided is Undecided {
  return 'next' in decided;
}

/** As long as stored answers answer. */
function follow(deciding: Deciding, undecided: Undecided): Outcome | Undecided {
  for (;;) {
    const seen = undecided.known.get(deciding.models[undecided.next]!);
    if (seen === undefined) return undecided;
    if (take(deciding, undecided, seen, { isStored: true, inferMs: 0 })) return rowOf(deciding, undecided, 0);
  }
}

/** Counts an answer. @returns whether the picture is decided */
function take(
  { cascade, models, residual }: Deciding,
  undecided: Undecided,
  seen: Seen,
  how: Pick<AskedOf, 'isStored' | 'inferMs'>,
): boolean {
  const { counts, asked, picture, next: place } = undecided;
  const model = models[place]!;
  const byId = model.count(seen, picture.seed);
  for (const name of cascade.models[place]!.classes)
    counts.set(
      name,
      model.idsOf(name).reduce((sum, id) => sum + (byId.get(id) ?? 0), 0),
    );
  const next = residual.next(counts);
  asked.push({ model: place, isLast: next === null, ...how });
  undecided.next = next ?? place;
  return next === null;
}

function rowOf({ residual }: Deciding, { counts, asked, picture }: Undecided, decodeMs: number): Outcome {
  const row = residual.row(counts);
  const inferMs = asked.reduce((sum, each) => sum + each.inferMs, 0);
  return {
    outputs: row === null ? [] : [row],
    timings: { decodeMs: picture.readMs + decodeMs, inferMs },
    asked,
  };
}

/** Asks models about a picture until it is decided. Its image is decoded once. */
export async function decideByModels(deciding: Deciding, undecided: Undecided, lot: Lot): Promise<Outcome> {
  const { models, questions, earlier } = deciding;
  const { picture } = undecided;
  const known = new Map(undecided.known);
  const placed = placedPicture(deciding, picture);
  try {
    for (;;) {
      const model = models[undecided.next]!;
      const already = known.get(model);
      const answered = already === undefined ? await questions.ask(model, await placed.in(model), lot) : null;
      const seen = already ?? answered?.seen ?? null;
      if (seen === null) return notFinite(model, picture);
      if (already === undefined) earlier.add(model, picture.digest, seen);
      known.set(model, seen);
      const how = { isStored: already !== undefined, inferMs: answered?.inferMs ?? 0 };
      if (take(deciding, undecided, seen, how)) return rowOf(deciding, undecided, placed.decodeMs());
    }
  } catch (error) {
    return imageFailure(error);
  } finally {
    placed.drop();
  }
}

/** A picture in the inputs of the models that are asked about it. */
function placedPicture({ kept, slots }: Deciding, { image }: ReadPicture) {
  const own = new Map<number, Slot>();
  let opened: KeptPicture | null = null;
  let decodeMs = 0;
  const slotOf = (input: number): Slot => {
    const slot = own.get(input) ?? slots.take(input);
    own.set(input, slot);
    return slot;
  };
  return {
    decodeMs: () => decodeMs,
    in: async (model: AskedModel): Promise<Slot> => {
      const started = performance.now();
      const input = slots.inputOf(model);
      if (opened === null) opened = await kept.open(image, slotOf, input);
      else await opened.place(input);
      decodeMs += performance.now() - started;
      return slotOf(input);
    },
    drop: () => {
      opened?.drop();
      for (const [input, slot] of own) slots.give(input, slot);
    },
  };
}

function notFinite({ finds }: AskedModel, { image }: ReadPicture): Outcome {
  const message = `the model gave ${finds} that is infinite or not a number: ${image.name}`;
  return failedRow(new MillraceError('MODEL_OUTPUT_INVALID', message));
}
