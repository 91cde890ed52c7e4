/**
 * What CMD starts in an image with SQLFlow's contract: `x.py` is a Python module, a name without extension a program. The plan holds
 * nothing else. As ExecuteRun in https://github.com/sql-machine-learning/sqlflow/blob/develop/go/executor/executor.go does.
 */
export function foreignProgram([program = '', ...options]: readonly string[]): readonly string[] {
  const module = /^(.*)\.py$/is.exec(program)?.[1];
  return module === undefined ? [program, ...options] : ['python', '-m', module, ...options];
}
