import type { Transition } from '../../ledger/metric-queries.ts';
import type { StatementState } from '../../ledger/statement-states.ts';
import { endStates } from '../../ledger/statement-states.ts';

export interface PhaseTime {
  readonly phase: 'queue' | 'run';
  readonly seconds: number;
}

/**
 * The phases of a statement that some of its transitions end: `queue` from `queued` to the first `running`, `run` from there to the
 * end. A statement that another server took on meanwhile has still run since then.
 *
 * @param history all transitions of the statement, in their order
 * @param isNew those whose phases are asked for
 * @param finishedAt of the statement; Argo's controller may have ended it long before a server wrote that down. null: not ended
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
