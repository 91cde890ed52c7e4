import { type ErrorCode, errorTable, MillraceError } from '../../errors.ts';

/** What the trainer says in a line `error`. */
export function errorOf(code: string, message: string, hint: string): MillraceError {
  const isKnown = Object.hasOwn(errorTable, code);
  return new MillraceError(isKnown ? (code as ErrorCode) : 'TRAIN_DEFECT', message, { hint });
}

/** The trainer explains every end of its own. The system kills it without a word if memory runs out. */
export function unexplained(code: number | null, killedBy: NodeJS.Signals | null): MillraceError {
  if (killedBy === 'SIGKILL' || code === 137) {
    return new MillraceError('TRAIN_MEMORY', 'the trainer was killed, most likely because memory ran out');
  }
  return new MillraceError(
    'TRAIN_DEFECT',
    `the trainer ended with ${killedBy ?? `exit code ${code}`} and gave no reason`,
  );
}
