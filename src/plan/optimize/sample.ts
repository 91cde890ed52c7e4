import { cellOf, leavesOf, type Predicate } from '../../programs/predicate/predicate.ts';
import type { Presence } from './presence.ts';
import type { Problem } from './problem.ts';

/** Number of pictures: the standard error of a share is at most 1.6 %. */
const sampleSize = 1024;
const words = sampleSize / 32;

/** A bit for each picture. */
type Bits = Int32Array<ArrayBuffer>;

/** The share of pictures that need an answer for one of `asked`, once the classes `answered` are answered. */
export type SampledReach = (answered: ReadonlySet<string>, asked: readonly string[]) => number;

/**
 * The reach of steps in a sample of pictures, which is always the same, for more classes than can be listed. All pictures have answers for the
 * same classes, so a predicate is evaluated for 32 of them at once. A class counts as needed as long as the predicate names it
 * outside of parts with known values, which is exact if it names the class once.
 */
export function sampleReach({ predicate, classes, presence }: Problem): SampledReach {
  const pictures = sampleCells(presence);
  const truths = new Map<Predicate, Bits>();
  for (const leaf of leavesOf(predicate)) {
    const index = classes.findIndex(({ name }) => name === leaf.class);
    const asked = classes[index]!;
    const [least, most] = [cellOf(asked, leaf.least), leaf.most === null ? Infinity : cellOf(asked, leaf.most)];
    truths.set(
      leaf,
      bitsOf((picture) => pictures[picture]![index]! >= least && pictures[picture]![index]! <= most),
    );
  }
  return (answered, asked) => {
    const needed = new Int32Array(words);
    const known = new Map<Predicate, Known>();
    evaluate(predicate, answered, truths, known);
    mark(
      predicate,
      bitsOf(() => true),
      known,
      new Set(asked),
      needed,
    );
    return countOf(needed) / sampleSize;
  };
}

/** The pictures for which a part of a predicate is known to hold, and not to hold. */
interface Known {
  readonly holds: Bits;
  readonly fails: Bits;
}

function evaluate(
  predicate: Predicate,
  answered: ReadonlySet<string>,
  truths: ReadonlyMap<Predicate, Bits>,
  known: Map<Predicate, Known>,
): Known {
  const result = known.get(predicate) ?? evaluateAnew(predicate, answered, truths, known);
  known.set(predicate, result);
  return result;
}

function evaluateAnew(
  predicate: Predicate,
  answered: ReadonlySet<string>,
  truths: ReadonlyMap<Predicate, Bits>,
  known: Map<Predicate, Known>,
): Known {
  if (predicate.kind === 'count') {
    const truth = truths.get(predicate)!;
    const isAnswered = answered.has(predicate.class);
    return {
      holds: isAnswered ? truth : new Int32Array(words),
      fails: isAnswered ? truth.map((bits) => ~bits) : new Int32Array(words),
    };
  }
  if (predicate.kind === 'not') {
    const { holds, fails } = evaluate(predicate.of, answered, truths, known);
    return { holds: fails, fails: holds };
  }
  const parts = predicate.of.map((part) => evaluate(part, answered, truths, known));
  const [every, some] = predicate.kind === 'all' ? (['holds', 'fails'] as const) : (['fails', 'holds'] as const);
  const inEvery = new Int32Array(words).fill(-1);
  const inSome = new Int32Array(words);
  for (const part of parts)
    for (let word = 0; word < words; word++) {
      inEvery[word]! &= part[every][word]!;
      inSome[word]! |= part[some][word]!;
    }
  return predicate.kind === 'all' ? { holds: inEvery, fails: inSome } : { holds: inSome, fails: inEvery };
}

/** Adds the pictures in which an open part of a predicate asks for one of the classes. */
function mark(
  predicate: Predicate,
  within: Bits,
  known: ReadonlyMap<Predicate, Known>,
  asked: ReadonlySet<string>,
  needed: Bits,
): void {
  const { holds, fails } = known.get(predicate)!;
  const open = within.map((bits, word) => bits & ~(holds[word]! | fails[word]!));
  if (predicate.kind === 'not') mark(predicate.of, open, known, asked, needed);
  else if (predicate.kind !== 'count') for (const part of predicate.of) mark(part, open, known, asked, needed);
  else if (asked.has(predicate.class)) for (let word = 0; word < words; word++) needed[word]! |= open[word]!;
}

function bitsOf(isSet: (picture: number) => boolean): Bits {
  const bits = new Int32Array(words);
  for (let picture = 0; picture < sampleSize; picture++) if (isSet(picture)) bits[picture >> 5]! |= 1 << (picture & 31);
  return bits;
}

function countOf(bits: Bits): number {
  let count = 0;
  for (const word of bits) for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** For each picture, the cell of each class. */
function sampleCells(presence: Presence): readonly (readonly number[])[] {
  const pictures = Array.from({ length: sampleSize }, (_, picture) => picture);
  if (presence.kind === 'joint') {
    const shares = presence.pictures.map(({ share }) => share);
    return pictures.map((picture) => presence.pictures[indexAt(shares, (picture + 0.5) / sampleSize)]!.cells);
  }
  // The multiples of the fraction of a prime's square root spread evenly, for each prime in another order (Weyl's equidistribution).
  const steps = primes(presence.shares.length).map((prime) => Math.sqrt(prime) % 1);
  return pictures.map((picture) =>
    presence.shares.map((shares, own) => indexAt(shares, ((picture + 1) * steps[own]!) % 1)),
  );
}

function indexAt(shares: readonly number[], place: number): number {
  let sum = 0;
  const found = shares.findIndex((share) => {
    sum += share;
    return place < sum;
  });
  return found === -1 ? shares.length - 1 : found;
}

function primes(count: number): readonly number[] {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate++)
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  return found;
}
