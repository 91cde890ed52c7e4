import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Time after which a search that has failed and was not retried is forgotten. */
const keptMs = 7 * 24 * 3_600_000;

/** What a trainer changes with each unit, in the folder of a step. */
const changing = ['.', 'search', 'search/hop/checkpoints', 'search/outcomes', 'search/scratch'];

/** Deletes what failed searches have left, once nobody has worked on them for a week. @param folder of all steps */
export async function forgetSearches(folder: string): Promise<void> {
  for (const step of await readdir(folder).catch(() => [])) {
    const times = changing.map((part) =>
      stat(join(folder, step, part)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    );
    const latest = Math.max(...(await Promise.all(times)));
    if (Date.now() - latest > keptMs) await rm(join(folder, step), { recursive: true, force: true });
  }
}
