/** A model that is trained by hopping: what is left of its current epoch, and whether a worker has it. */
export interface HoppingModel {
  /** Seconds that it takes for one shard. */
  readonly unitSeconds: number;
  /** Its current epoch, from 0; the number of epochs once it is trained. */
  readonly epoch: number;
  /** Shards that it has visited in its current epoch. */
  readonly visited: ReadonlySet<number>;
  readonly isBusy: boolean;
}

/**
 * Which model a free worker trains next on its shard: the one with the longest remaining work, the first of equal ones. No barrier separates
 * epochs: each model goes on as soon as it has seen all shards.
 * @returns the model's place; null if no model can use the shard now
 */
export function nextUnit(
  models: readonly HoppingModel[],
  shard: number,
  { shards, epochs }: { readonly shards: number; readonly epochs: number },
): number | null {
  let best: number | null = null;
  let longest = 0;
  for (const [place, { unitSeconds, epoch, visited, isBusy }] of models.entries()) {
    if (isBusy || epoch >= epochs || visited.has(shard)) continue;
    const remaining = unitSeconds * ((epochs - epoch) * shards - visited.size);
    if (best !== null && remaining <= longest) continue;
    best = place;
    longest = remaining;
  }
  return best;
}
