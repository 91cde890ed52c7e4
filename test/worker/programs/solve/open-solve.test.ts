import { pino } from 'pino';
import { expect, it } from 'vitest';
import { openSolve } from '../../../../src/worker/programs/solve/open-solve.ts';
import { maximizeProfit, problemOf, textRows, woodcarving } from '../../../programs/solve/problems.ts';

const problem = problemOf(maximizeProfit, Object.keys(woodcarving[0]!));
const rows = textRows(problem, woodcarving).map((row) => row.map((text) => (text === null ? null : Buffer.from(text))));

/** Other tests of the process may have threads. */
const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;

it('a solver that is at work ends with the work', async () => {
  const portsBefore = ports();
  const ending = new AbortController();
  const program = await openSolve({ problem }, { log: pino({ level: 'silent' }), signal: ending.signal });
  const solving = program.process(rows);
  ending.abort();
  await expect(solving).rejects.toMatchObject({ code: 'SOLVER_FAILED' });
  expect(ports()).toBe(portsBefore);
});

it('each row gets its value', async () => {
  const { signal } = new AbortController();
  const program = await openSolve({ problem }, { log: pino({ level: 'silent' }), signal });
  expect(await program.process(rows)).toMatchObject([{ outputs: [[20]] }, { outputs: [[60]] }]);
});

it('a column of files is refused', async () => {
  const { signal } = new AbortController();
  const program = await openSolve({ problem }, { log: pino({ level: 'silent' }), signal });
  const file = { read: async () => null };
  await expect(program.process([[file, ...rows[0]!.slice(1)]])).rejects.toMatchObject({
    code: 'PROBLEM_DATA',
    message: 'the column price holds binary values',
  });
});
