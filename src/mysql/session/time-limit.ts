import { MillraceError } from '../../errors.ts';
import type { User } from '../../service/access/users.ts';
import type { SubmissionLimits } from '../../service/submit.ts';
import { mysqlErrorOf } from '../error-answer.ts';
import type { MysqlError } from '../protocol/answers.ts';

/** Stops standard statements that run longer than the role of their user allows. */
export interface TimeLimit {
  start(user: User): void;
  /** What the client is told instead of the database's error; null if the statement was not stopped. */
  error(): MysqlError | null;
  end(): void;
}

/** @param onOver called when a statement has run too long */
export function openTimeLimit(
  { maxStatementSeconds }: Pick<SubmissionLimits, 'maxStatementSeconds'>,
  onOver: () => void,
): TimeLimit {
  let timer: NodeJS.Timeout | undefined;
  let error: MysqlError | null = null;
  return {
    start({ role }) {
      const seconds = maxStatementSeconds[role];
      if (seconds === undefined) return;
      timer = setTimeout(() => {
        const message = `the statement ran longer than ${seconds} s, the maximum of the role ${role}`;
        error = mysqlErrorOf(new MillraceError('STATEMENT_TIMEOUT', message), null);
        onOver();
      }, seconds * 1000);
    },
    error: () => error,
    end() {
      clearTimeout(timer);
      error = null;
    },
  };
}
