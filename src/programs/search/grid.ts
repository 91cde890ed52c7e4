import type { Domain, PlainValue, SearchSpace } from './search.ts';

export type Parameters = Readonly<Record<string, PlainValue>>;

/** Number of values of a domain that are equally likely. Infinite for a range without steps, and for a logarithmic one. */
export function sizeOf(domain: Domain): number {
  if (domain.domain === 'choice') return domain.choices.length;
  return 'step' in domain && domain.domain !== 'qloguniform'
    ? Math.floor((domain.high - domain.low) / domain.step + 1e-9) + 1
    : Number.POSITIVE_INFINITY;
}

export const gridSize = ({ domains }: Pick<SearchSpace, 'domains'>): number =>
  Object.values(domains).reduce((size, domain) => size * sizeOf(domain), 1);

/** Combination number `place` of a finite space; the last domain changes fastest. */
export function gridPoint({ domains }: Pick<SearchSpace, 'domains'>, place: number): Parameters {
  const point: [string, PlainValue][] = [];
  let rest = place;
  for (const [name, domain] of Object.entries(domains).toReversed()) {
    const size = sizeOf(domain);
    point.push([name, valueAt(domain, rest % size)]);
    rest = Math.floor(rest / size);
  }
  return Object.fromEntries(point.toReversed());
}

function valueAt(domain: Domain, place: number): PlainValue {
  if (domain.domain === 'choice') return domain.choices[place]!;
  const step = 'step' in domain ? domain.step : 0;
  // Twelve digits: 0.1 + 2 · 0.1 would be 0.30000000000000004.
  return Number((domain.low + place * step).toPrecision(12));
}
