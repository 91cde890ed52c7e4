import { parentPort, workerData } from 'node:worker_threads';
import { compareStrategies, hasManyClasses } from '../../plan/find/compare-strategies.ts';
import type { Solver } from '../../plan/optimize/cover-program.ts';
import { loadSolver } from '../../plan/optimize/solver.ts';
import type { Search } from './search-cascades.ts';

// A search takes up to seconds without a pause, and it may need much memory, which only a thread of its own can be denied.

const { problem, goal } = workerData as Search;

const unused: Solver = () => {
  throw new Error('few classes are searched without a solver');
};

const search = compareStrategies(problem, goal, hasManyClasses(problem) ? await loadSolver() : unused);
let step = search.next();
while (!step.done) step = search.next();
parentPort!.postMessage(step.value);
