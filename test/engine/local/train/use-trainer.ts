import { afterAll, beforeAll } from 'vitest';
import { type ForkingPython, startForkingPython } from '../../../trainer/forking-python.ts';
import { INSTALL_MS, trainerPython } from '../../../trainer/python.ts';

/**
 * The environment that the tests of the trainer made, for the workers of this file.
 * @param start `forked`: jobs are forks of a stand-in for Python that has loaded the libraries; `real`: each starts Python
 */
export function useTrainer(start: 'forked' | 'real'): void {
  let before: string | undefined;
  let forking: ForkingPython | undefined;
  beforeAll(async () => {
    before = process.env.MILLRACE_TRAINER_PYTHON;
    if (start === 'forked') forking = await startForkingPython();
    process.env.MILLRACE_TRAINER_PYTHON = forking?.program ?? (await trainerPython());
  }, INSTALL_MS);
  afterAll(async () => {
    if (before === undefined) delete process.env.MILLRACE_TRAINER_PYTHON;
    else process.env.MILLRACE_TRAINER_PYTHON = before;
    await forking?.stop();
  });
}
