import { Worker } from 'node:worker_threads';
import type { SearchedCascades } from '../../catalog/cascades.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { MillraceError } from '../../errors.ts';
import { findAsRun } from '../../plan/find/find-statement.ts';
import { readFind } from '../../plan/find/read-find.ts';
import type { Goal, Problem } from '../../plan/optimize/problem.ts';
import { stepName } from '../../plan/step-name.ts';
import type { Program } from '../../sql/statement.ts';

/** What a thread searches. */
export interface Search {
  readonly problem: Problem;
  readonly goal: Goal;
}

/** What the searches of a program may take. Ten classes and a thousand models need a tenth. */
const bounds = { megabytes: 512, seconds: 20 };

/**
 * Finds the cascades of each TO FIND of a program, in threads: a search of many classes would stop the server's other work. Statements
 * with errors are left out; planning reports them.
 * @returns by the names of their steps
 * @throws {MillraceError} SEARCH_TOO_LARGE
 * @throws the signal's reason once it is aborted
 */
export async function searchCascades(
  { statements }: Program,
  catalog: Catalog,
  signal: AbortSignal,
): Promise<NonNullable<Catalog['cascades']>> {
  const found: Record<string, SearchedCascades> = {};
  const over = AbortSignal.timeout(bounds.seconds * 1000);
  for (const [index, statement] of statements.entries()) {
    if (statement.kind !== 'find') continue;
    const question = readFind(statement, findAsRun(statement, catalog), catalog, () => {});
    if (question === null) continue;
    const models = question.problem.models.map(({ name, cost, accuracies, counts }) => ({
      name,
      cost,
      accuracies,
      counts,
    }));
    found[stepName(index)] = await searchInThread(
      { problem: { ...question.problem, models }, goal: question.goal },
      statement.predicate.span,
      signal,
      { ...bounds, over },
    );
  }
  return found;
}

interface Bounds {
  readonly megabytes: number;
  readonly seconds: number;
  /** Aborted after these seconds, which several searches share. Default: the search has them alone. */
  readonly over?: AbortSignal;
}

/** @throws {MillraceError} SEARCH_TOO_LARGE @throws the signal's reason once it is aborted */
export async function searchInThread(
  search: Search,
  span: MillraceError['span'],
  signal: AbortSignal,
  { megabytes, seconds, over = AbortSignal.timeout(seconds * 1000) }: Bounds = bounds,
): Promise<SearchedCascades> {
  signal.throwIfAborted();
  const tooLarge = (what: string) =>
    new MillraceError('SEARCH_TOO_LARGE', `the search for models needs more than ${what}`, { span });
  if (over.aborted) throw tooLarge(`${seconds} s`);
  const stop = AbortSignal.any([signal, over]);
  const thread = new Worker(new URL('./search-thread.ts', import.meta.url), {
    workerData: search,
    resourceLimits: { maxOldGenerationSizeMb: megabytes },
  });
  try {
    return await new Promise<SearchedCascades>((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLarge(`${megabytes} MiB`) : error),
      );
      thread.once('exit', () => reject(new Error('the thread that searches models has ended')));
      stop.onabort = () => reject(signal.aborted ? signal.reason : tooLarge(`${seconds} s`));
    });
  } finally {
    await thread.terminate();
  }
}
