import type { KnownModel } from '../../catalog/repository.ts';
import { measuredDevice } from '../../programs/device.ts';
import type { AskedClass } from '../../programs/predicate/predicate.ts';
import type { CandidateModel } from '../optimize/repository.ts';

/** A model that may be asked. */
export interface Candidate extends CandidateModel {
  readonly known: KnownModel;
  /** Whether its cost was measured. */
  readonly isMeasured: boolean;
  /** What is taken for granted about it, in words; empty if all of it was measured. */
  readonly assumed: readonly string[];
}

/** Where the models run. */
export interface CandidatePlace {
  readonly device: 'cpu' | 'cuda';
  readonly threads: number;
  /** null: the worker chooses. */
  readonly batch: number | null;
}

/** What a model that was not measured is taken to be, if it is named after USING. */
const assumedCost = 100;
const assumedAccuracy = 0.5;

/**
 * The models that may be asked. Without USING, those that were measured on the device and evaluated, and are not simulated.
 * @param named after USING; empty: there is no USING
 */
export function listCandidates(
  models: readonly KnownModel[],
  named: readonly string[],
  classes: readonly AskedClass[],
  place: CandidatePlace,
): readonly Candidate[] {
  return models.flatMap((known) => {
    const isNamed = named.includes(known.name);
    if (named.length > 0 ? !isNamed : isSimulated(known)) return [];
    return candidateOf(known, isNamed, classes, place) ?? [];
  });
}

export function isSimulated({ model }: KnownModel): boolean {
  return (model.registered?.simulation ?? null) !== null;
}

function candidateOf(
  known: KnownModel,
  isNamed: boolean,
  classes: readonly AskedClass[],
  place: CandidatePlace,
): Candidate | null {
  const measured = costOf(known, place);
  if (measured === null && !isNamed) return null;
  const accuracies = new Map<string, number>();
  const guessed: string[] = [];
  for (const { name } of classes) {
    const accuracy = accuracyOf(known, name);
    if (accuracy !== null) accuracies.set(name, accuracy);
    else if (isNamed && knows(known, name)) {
      accuracies.set(name, assumedAccuracy);
      guessed.push(name);
    }
  }
  const device = measuredDevice(place.device, place.threads);
  const assumed = [
    ...(measured === null ? [`was not measured on ${device}: its cost is taken as ${assumedCost} ms an image`] : []),
    ...(guessed.length === 0
      ? []
      : [`was not evaluated for ${guessed.join(', ')}: its accuracy is taken as ${assumedAccuracy}`]),
  ];
  const { name, kind } = known;
  const cost = measured ?? assumedCost;
  return { name, cost, accuracies, counts: kind === 'detector', known, isMeasured: measured !== null, assumed };
}

/** Whether the model knows a class, in whatever case. */
export function knows({ classNames }: KnownModel, name: string): boolean {
  return classNames.some((own) => own.toLowerCase() === name.toLowerCase());
}

/**
 * Milliseconds of an image on the device: of the latest run, or else of the latest evaluation, which reads all of the output. Runs with
 * other numbers of threads tell less, and are used if there are no others.
 */
export function costOf(known: KnownModel, { device, threads, batch }: CandidatePlace): number | null {
  const name = measuredDevice(device, threads);
  const sameDevice = known.timings.filter((timing) => timing.device === name);
  const alike = sameDevice.length > 0 ? sameDevice : known.timings.filter((timing) => timing.device.startsWith(device));
  const withBatch = alike.filter((timing) => timing.batch === batch);
  const usable = withBatch.length > 0 ? withBatch : alike;
  const base = (usable.find(({ origin }) => origin === 'run') ?? usable[0])?.ms ?? null;
  const latency = known.model.registered?.simulation?.latency ?? null;
  return latency === null ? base : Math.max(latency, base ?? 0);
}

/** Share of the images for which it tells right whether they show the class; null: not measured. */
function accuracyOf(known: KnownModel, name: string): number | null {
  if (!knows(known, name)) return null;
  const simulated = known.model.registered?.simulation?.accuracy ?? null;
  if (simulated !== null) return simulated;
  return known.evaluation?.classes.find((each) => each.name.toLowerCase() === name.toLowerCase())?.accuracy ?? null;
}
