import { afterAll, beforeAll } from 'vitest';
import { forkingPython } from '../../../trainer/forking-python.ts';
import { INSTALL_MS, trainerPython } from '../../../trainer/python.ts';

/**
 * The environment that the tests of the trainer made, for the workers of this file.
 * @param start `forked`: jobs are forks of a stand-in for Python that has loaded the libraries; `real`: each starts Python
 */
export function useTrainer(start: 'forked' | 'real'): void {
  let before: string | undefined;
  beforeAll(async () => {
    before = process.env.MILLRACE_TRAINER_PYTHON;
    process.env.MILLRACE_TRAINER_PYTHON = await (start === 'forked' ? forkingPython() : trainerPython());
  }, INSTALL_MS);
  afterAll(() => {
    if (before === undefined) delete process.env.MILLRACE_TRAINER_PYTHON;
    else process.env.MILLRACE_TRAINER_PYTHON = before;
  });
}
