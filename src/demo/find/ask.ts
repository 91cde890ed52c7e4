import { errorOfRecord, MillraceError } from '../../errors.ts';
import type { Plan } from '../../plan/plan.ts';
import { openLocalService } from '../../service/local-service.ts';
import type { Session } from '../../service/session.ts';
import type { Statement } from '../../service/statement.ts';
import type { Program } from '../../sql/statement.ts';
import { planned } from '../run-statement.ts';

export interface PlannedProgram {
  readonly program: Program;
  readonly plan: Plan;
}

/** Runs a program to its end without printing anything. @throws {MillraceError} why it is invalid, or failed */
export async function ask(session: Session, sql: string): Promise<Statement> {
  return askPlanned(session, await planned(session, sql));
}

export async function askPlanned(session: Session, { program, plan }: PlannedProgram): Promise<Statement> {
  const submission = session.submission(program, plan);
  await session.engine.submit(submission);
  let ended: Statement | null = null;
  for await (const statement of openLocalService(session).events(submission.id)) ended = statement;
  if (ended?.state === 'succeeded') return ended;
  throw errorOfRecord(ended?.error) ?? new MillraceError('INTERNAL', `the statement is ${ended?.state}`);
}
