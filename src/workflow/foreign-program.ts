/**
 * The command that CMD starts in an image with SQLFlow's contract: `x.py` is a Python module, a name without extension is a program. A
 * plan contains no others. Does the same as ExecuteRun of
 * https://github.com/sql-machine-learning/sqlflow/blob/develop/go/executor/executor.go
 */
export function foreignProgram([program = '', ...options]: readonly string[]): readonly string[] {
  const module = /^(.*)\.py$/is.exec(program)?.[1];
  return module === undefined ? [program, ...options] : ['python', '-m', module, ...options];
}
