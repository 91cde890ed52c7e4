import { setTimeout as sleep } from 'node:timers/promises';
import { errorRecord, MillraceError, mayPass } from '../../errors.ts';
import { hasEnded } from '../../ledger/statement-states.ts';
import type { Statement } from '../../service/statement.ts';
import type { ServerApi } from './server-api.ts';
import { readEvents } from './server-sent-events.ts';

/** How long to wait for a server that is being restarted. */
const patienceMs = 60_000;

/**
 * Yields the statement's states from the server's events, reconnecting as needed. While there is no connection, yields the last known state
 * with the connection's error.
 * @throws {MillraceError} errors of the server; SERVER_UNREACHABLE after a minute without an answer
 */
export async function* statementEvents(
  api: ServerApi,
  id: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Statement> {
  const followed: Followed = { latest: null, lastEventId: '', heardAtMs: performance.now() };
  for (let failures = 0; !signal?.aborted; failures++) {
    const before = followed.heardAtMs;
    try {
      yield* connection(api, id, followed, signal);
      if (followed.latest !== null && hasEnded(followed.latest)) return;
    } catch (error) {
      if (signal?.aborted) return;
      if (!mayPass(error) || performance.now() - followed.heardAtMs > patienceMs) throw error;
      if (followed.latest !== null) yield withTrouble(followed.latest, error);
    }
    if (followed.heardAtMs !== before) failures = 0;
    await sleep(Math.min(100 * 2 ** failures, 2000), undefined, { signal }).catch(() => {});
  }
}

interface Followed {
  latest: Statement | null;
  lastEventId: string;
  heardAtMs: number;
}

/** Yields the states from one connection, until it ends or breaks. */
async function* connection(
  api: ServerApi,
  id: string,
  followed: Followed,
  signal: AbortSignal | undefined,
): AsyncGenerator<Statement> {
  const stream = await api.stream({
    path: `/v1/statements/${encodeURIComponent(id)}/events`,
    headers: {
      accept: 'text/event-stream',
      ...(followed.lastEventId !== '' && { 'last-event-id': followed.lastEventId }),
    },
    signal,
  });
  for await (const { event, data, id: eventId } of readEvents(stream)) {
    followed.heardAtMs = performance.now();
    followed.lastEventId = eventId;
    if (event !== 'progress' && event !== 'end') continue;
    followed.latest = JSON.parse(data) as Statement;
    yield followed.latest;
    if (event === 'end') return;
  }
}

function withTrouble(statement: Statement, error: unknown): Statement {
  if (!(error instanceof MillraceError)) return statement;
  return { ...statement, error: errorRecord(error) };
}
