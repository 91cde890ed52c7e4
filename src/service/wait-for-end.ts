import { hasEnded } from '../ledger/statement-states.ts';
import type { StatementStatus } from '../ledger/statement-status.ts';
import type { ServedDatasource } from './served-datasource.ts';

/** Waits for the end of the statement, but at most the given number of seconds. @returns its last known status */
export async function waitForEnd(
  { watch, engine }: ServedDatasource,
  id: string,
  seconds: number,
  signal: AbortSignal,
): Promise<StatementStatus> {
  if (seconds === 0) return engine.status(id);
  let last: StatementStatus | null = null;
  for await (const { status } of watch.follow(
    id,
    AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(seconds * 1000))]),
  )) {
    last = status;
    if (hasEnded(status)) break;
  }
  return last ?? engine.status(id);
}
