import { followStatement } from '../cli/follow.ts';
import { openOutput } from '../cli/output.ts';
import type { StatementStatus } from '../ledger/statement-status.ts';
import type { Plan } from '../plan/plan.ts';
import { openLocalService } from '../service/local-service.ts';
import type { Session } from '../service/session.ts';
import type { Program } from '../sql/statement.ts';

export async function planned(session: Session, sql: string) {
  const program = await session.parse(sql);
  return { program, plan: await session.plan(program, session.actor) };
}

/** @returns null if the statement failed, which is shown */
export async function run(session: Session, program: Program, plan: Plan): Promise<StatementStatus | null> {
  const submission = session.submission(program, plan);
  await session.engine.submit(submission);
  const output = openOutput(false, () => null);
  const exitCode = await followStatement(openLocalService(session), submission.id, output);
  return exitCode === 0 ? session.engine.status(submission.id) : null;
}
