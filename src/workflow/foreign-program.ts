import { MillraceError } from '../errors.ts';

/**
 * What CMD starts in an image with SQLFlow's contract: a name without extension is a program, `x.py` a Python module.
 * As ExecuteRun in https://github.com/sql-machine-learning/sqlflow/blob/develop/go/executor/executor.go does.
 * @throws {MillraceError} MISSING_COMMAND, UNKNOWN_PROGRAM
 */
export function foreignProgram([program, ...options]: readonly string[]): readonly string[] {
  if (program === undefined) {
    throw new MillraceError('MISSING_COMMAND', 'the image needs a CMD', { hint: 'CMD "program.py", "--option=value"' });
  }
  const extension = /\.[^./]*$/.exec(program)?.[0] ?? '';
  if (extension === '') return [program, ...options];
  if (extension.toLowerCase() === '.py') return ['python', '-m', program.slice(0, -extension.length), ...options];
  throw new MillraceError('UNKNOWN_PROGRAM', `'${program}' is neither a program nor a Python file`, {
    hint: 'write a name without extension, or one that ends in .py',
  });
}
