import type { Solver } from '../../src/plan/optimize/cover-program.ts';
import type { Goal, Problem } from '../../src/plan/optimize/problem.ts';
import { chooseCascades, type Strategies } from '../../src/plan/optimize/strategies.ts';
import { askedClasses, type Predicate } from '../../src/programs/predicate/predicate.ts';
import { listStates } from '../../src/programs/predicate/states.ts';
import type { Pictures } from './classes.ts';
import type { Repository } from './repositories.ts';

/** Plans with all three strategies, as EXPLAIN does. */
export function plan(
  predicate: Predicate,
  { models }: Repository,
  pictures: Pictures,
  goal: Goal,
  solve: Solver,
): Strategies {
  const classes = askedClasses(predicate);
  const problem: Problem = { predicate, classes, models, presence: pictures.presenceOf(classes) };
  return toEnd(chooseCascades(problem, goal, listStates(predicate, classes), solve));
}

/** The clock of a thread may advance by 10 ms only. */
const longEnoughMs = 50;

/** Processor time of this thread in ms, which other processes do not lengthen. `work` is repeated if it is short. */
export function timeOf(work: () => unknown): number {
  const started = threadMs();
  for (let rounds = 1; ; rounds++) {
    work();
    const ms = threadMs() - started;
    if (ms >= longEnoughMs) return ms / rounds;
  }
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function toEnd<Result>(search: Generator<void, Result>): Result {
  for (;;) {
    const { done, value } = search.next();
    if (done) return value;
  }
}
