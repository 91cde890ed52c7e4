import type { Config } from '../config.ts';
import { type Engine, hasEnded, type StatementStatus } from '../engine/engine.ts';
import { type ErrorCode, errorTable, exitCodes, MillraceError } from '../errors.ts';
import type { Output } from './output.ts';
import type { Source } from './print-error.ts';
import { openSession } from './session.ts';
import { summaryLines } from './summary.ts';
import { watchStatement } from './watch.ts';

/** `millrace run`: plans, submits, follows to the end. @returns the exit code */
export async function runProgram(source: Source, config: Config, output: Output): Promise<number> {
  const session = await openSession(config, output.note);
  try {
    const plan = await session.plan(source.text);
    const submission = session.submission(source.text, plan);
    await session.engine.submit(submission);
    return await followStatement(session.engine, submission.id, output);
  } finally {
    await session.close();
  }
}

/** Follows a statement to its end and shows how it ended; Ctrl-C cancels it. @returns the exit code */
export async function followStatement(engine: Engine, id: string, output: Output): Promise<number> {
  const cancel = () => void engine.cancel(id).catch(() => {});
  process.on('SIGINT', cancel).on('SIGTERM', cancel);
  try {
    return showEnd(await watchStatement(engine, id, output.progress), output);
  } finally {
    process.off('SIGINT', cancel).off('SIGTERM', cancel);
  }
}

function showEnd(status: StatementStatus, output: Output): number {
  if (output.json) output.write(statusJson(status));
  else for (const line of summaryLines(status)) output.note(line);
  if (status.state === 'succeeded') return 0;
  if (status.state === 'cancelled') return exitCodes.cancelled;
  if (!hasEnded(status) || status.error === null) return exitCodes.run;
  const { code, message, hint } = status.error;
  if (!Object.hasOwn(errorTable, code)) return exitCodes.run;
  const error = new MillraceError(code as ErrorCode, message, { hint: hint ?? undefined });
  if (!output.json) output.error(error);
  return error.exitCode;
}

export function statusJson({ plan, ...status }: StatementStatus): Record<string, unknown> {
  return status;
}
