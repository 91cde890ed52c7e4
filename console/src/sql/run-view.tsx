import type { Statement } from '../api/statements.ts';
import { counted, duration, secondsBetween } from '../design/figures.ts';
import { StateBadge } from '../design/state-badge.tsx';
import { ResultView } from '../results/result-view.tsx';
import { LiveProgress } from '../statements/live-progress.tsx';
import { StatementFault } from '../statements/statement-fault.tsx';
import type { Run } from './use-program.ts';

/** What has come of the program so far. */
export function RunView({ run }: { readonly run: Run }) {
  switch (run.phase) {
    case 'none':
      return <p class="muted">Ctrl-Enter runs the program, or what you have selected. Ctrl-Space completes.</p>;
    case 'refused':
      return null;
    case 'running':
      if (run.statement === null) return <p class="muted">Submitting …</p>;
      return (
        <div class="stack">
          <Headline statement={run.statement} />
          <LiveProgress statement={run.statement} />
        </div>
      );
    case 'ended':
      return (
        <div class="sql-ended">
          <Headline statement={run.statement} />
          <StatementFault statement={run.statement} />
          <Changed statement={run.statement} />
          <ResultView statement={run.statement} page={run.page} />
        </div>
      );
  }
}

function Headline({ statement: { id, state, startedAt, finishedAt } }: { readonly statement: Statement }) {
  return (
    <div class="row">
      <StateBadge state={state} />
      {startedAt !== null && finishedAt !== null && <span>{duration(secondsBetween(startedAt, finishedAt))}</span>}
      <a href={`/statements/${id}`} class="mono">
        {id}
      </a>
    </div>
  );
}

/** Rows that standard SQL changed. */
function Changed({ statement: { steps } }: { readonly statement: Statement }) {
  const changed = steps.flatMap(({ name, affectedRows }) => (affectedRows === null ? [] : [{ name, affectedRows }]));
  if (changed.length === 0) return null;
  return (
    <p>{changed.map(({ name, affectedRows }) => `${name}: ${counted(affectedRows, 'row')} changed`).join(' · ')}</p>
  );
}
