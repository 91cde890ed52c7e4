import { Type } from 'typebox';
import { hasEnded } from '../../ledger/statement-states.ts';
import { isoTime } from '../../ledger/times.ts';
import { findStatement } from '../../service/find-statement.ts';
import type { ServedDatasource } from '../../service/served-datasource.ts';
import type { StatementChange } from '../../service/statement-view.ts';
import type { App, ServerContext } from '../context.ts';
import { problems } from '../schemas.ts';
import { sendStream } from './open-stream.ts';
import { StatementId } from './statement.ts';
import { withHeartbeat } from './with-heartbeat.ts';

/** `GET /v1/statements/{id}/events` */
export function eventsRoute(app: App, context: ServerContext): void {
  const schema = {
    summary: 'Follow a statement',
    description:
      'Server-sent events: `state` for each state that the statement enters (data: state, at), `progress` with the statement after each change, and `end` with the statement when it has ended. With Last-Event-ID, only later states are sent.',
    tags: ['statements'],
    params: StatementId,
    headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ pattern: '^[0-9]{1,19}$' })) }),
    response: {
      200: { description: 'events', content: { 'text/event-stream': { schema: Type.Unknown() } } },
      ...problems,
    },
  };
  app.get('/v1/statements/:id/events', { schema }, async ({ user, params, headers }, reply) => {
    const { datasource } = await findStatement(user, params.id, context.datasources);
    const after = Number(headers['last-event-id'] ?? 0);
    reply.header('cache-control', 'no-store').header('x-accel-buffering', 'no');
    return sendStream(reply, context.streams, 'text/event-stream', (signal) =>
      withHeartbeat(
        events(datasource, params.id, after, signal),
        ': heartbeat\n\n',
        context.streams.heartbeatSeconds,
        signal,
      ),
    );
  });
}

async function* events(
  { watch }: ServedDatasource,
  id: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let last = after;
  for await (const seen of watch.follow(id, signal)) {
    const change = await seen.told();
    for (const { number, state, at } of change.transitions) {
      if (number <= last) continue;
      yield eventMessage('state', { state, at: isoTime(at) }, number);
      last = number;
    }
    yield messageOf(change);
  }
}

const messages = new WeakMap<StatementChange, string>();

/** Serialises a change once for all followers of the statement. */
function messageOf(change: StatementChange): string {
  const written = messages.get(change);
  if (written !== undefined) return written;
  const message = eventMessage(hasEnded(change.statement) ? 'end' : 'progress', change.statement);
  messages.set(change, message);
  return message;
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation; JSON has no line breaks. */
function eventMessage(event: string, data: object, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
