import { readTransitions, type Transition } from '../ledger/history.ts';
import { hasEnded } from '../ledger/statement-states.ts';
import type { StatementStatus } from '../ledger/statement-status.ts';
import { type Described, resourceOf } from './statement-views.ts';

/** What followers of a statement are told at a change. */
export interface Told {
  /** All so far. */
  readonly transitions: readonly Transition[];
  /** As a server-sent event. */
  readonly message: string;
}

export async function tell(datasource: Described, status: StatementStatus): Promise<Told> {
  const [transitions, resource] = await Promise.all([
    readTransitions(datasource.pool, datasource.schema, status.id, 0),
    resourceOf(datasource, status),
  ]);
  return { transitions, message: eventMessage(hasEnded(status) ? 'end' : 'progress', resource) };
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation; JSON has no line breaks. */
export function eventMessage(event: string, data: object, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
