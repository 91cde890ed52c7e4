import type { Transition } from '../../ledger/metric-queries.ts';
import type { StatementState } from '../../ledger/statement-states.ts';
import { endStates } from '../../ledger/statement-states.ts';

export interface PhaseTime {
  readonly phase: 'queue' | 'run';
  readonly seconds: number;
}

/**
 * The phases of a statement that end with some of its transitions: `queue` from `queued` to the first `running`, `run` from there to
 * the end, even if another server took the statement over meanwhile.
 *
 * @param history all transitions of the statement, in order
 * @param isNew selects the transitions whose phases are wanted
 * @param finishedAt when the statement ended, which Argo's controller may know long before a server records it; null: not ended
 */
export function phasesOf(
  history: readonly Transition[],
  isNew: (transition: Transition) => boolean,
  finishedAt: number | null,
): readonly PhaseTime[] {
  const times: PhaseTime[] = [];
  let queued: Transition | null = null;
  let running: Transition | null = null;
  for (const transition of history) {
    if (transition.state === 'queued') queued = transition;
    else if (transition.state === 'running') {
      if (queued !== null && isNew(transition))
        times.push({ phase: 'queue', seconds: between(queued.at, transition.at) });
      queued = null;
      running ??= transition;
    } else if (isEnd(transition.state)) {
      const end = transition === history.at(-1) ? (finishedAt ?? transition.at) : transition.at;
      if (running !== null && isNew(transition)) times.push({ phase: 'run', seconds: between(running.at, end) });
      queued = null;
      running = null;
    }
  }
  return times;
}

export function isEnd(state: StatementState): boolean {
  return (endStates as readonly StatementState[]).includes(state);
}

function between(from: number, to: number): number {
  return Math.max(0, to - from);
}
