/** Values of an axis and where they lie. */
export interface Scale {
  readonly ticks: readonly number[];
  /** Text of each tick, all with the same number of decimals. */
  readonly texts: readonly string[];
  /** Pixels of a value. */
  at(value: number): number;
}

const steps = [1, 2, 2.5, 5, 10];
const wholeSteps = [1, 2, 5, 10];

/** A scale whose ends are ticks and hold all values. @param ticks about how many @param whole whether they are whole numbers */
export function linearScale(values: readonly number[], from: number, to: number, ticks = 6, whole = false): Scale {
  const [least, most] = rangeOf(values);
  const step = whole
    ? niceStep(Math.max(1, (most - least) / ticks), wholeSteps)
    : niceStep((most - least) / ticks, steps);
  const [first, last] = [Math.floor(least / step + 1e-9), Math.ceil(most / step - 1e-9)];
  const decimals = Math.max(0, -Math.floor(Math.log10(step)) + (isQuarter(step) ? 1 : 0));
  const found = Array.from({ length: last - first + 1 }, (_, at) =>
    Number(((first + at) * step).toFixed(decimals + 2)),
  );
  return {
    ticks: found,
    texts: found.map((tick) => tick.toFixed(decimals)),
    at: (value) => from + ((value / step - first) / (last - first)) * (to - from),
  };
}

/** A scale on which each power of ten has the same length; its ends are powers of ten. @param values above 0 */
export function logarithmicScale(values: readonly number[], from: number, to: number): Scale {
  const [least, most] = rangeOf(values.map(Math.log10));
  const [first, last] = [Math.floor(least + 1e-9), Math.ceil(most - 1e-9)];
  const powers = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  return {
    ticks: powers.map((power) => 10 ** power),
    texts: powers.map((power) => (10 ** power).toFixed(Math.max(0, -power))),
    at: (value) => from + ((Math.log10(value) - first) / (last - first)) * (to - from),
  };
}

/** A scale for things that are counted from 1 and have names: each lies in the middle of its column. */
export function namedScale(names: readonly string[], from: number, to: number): Scale {
  return {
    ticks: names.map((_, at) => at + 1),
    texts: names,
    at: (value) => from + ((value - 0.5) / names.length) * (to - from),
  };
}

/** Not empty, even if all values are the same. */
function rangeOf(values: readonly number[]): readonly [number, number] {
  const finite = values.filter(Number.isFinite);
  const least = finite.reduce((low, value) => Math.min(low, value), finite[0] ?? 0);
  const most = finite.reduce((high, value) => Math.max(high, value), finite[0] ?? 1);
  if (most > least) return [least, most];
  const room = Math.abs(least) / 10 || 1;
  return [least - room, most + room];
}

function niceStep(rough: number, steps: readonly number[]): number {
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  return steps.find((step) => step * magnitude >= rough * 0.999)! * magnitude;
}

function isQuarter(step: number): boolean {
  return Math.abs(step / 10 ** Math.floor(Math.log10(step)) - 2.5) < 1e-6;
}
