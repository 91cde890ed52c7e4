import { parentPort, workerData } from 'node:worker_threads';
import { errorRecord } from '../../../errors.ts';
import type { FromSolver, ToSolver } from './open-solve.ts';
import { solveRows } from './solve-rows.ts';

// A solver blocks its thread until the end. In one of its own it can be ended at any time.

const { problem, rows } = workerData as ToSolver;
const tell = (answer: FromSolver) => parentPort!.postMessage(answer);

solveRows(problem, rows).then(
  (solved) => tell({ kind: 'solved', ...solved }),
  (error) => tell({ kind: 'failed', error: errorRecord(error) }),
);
