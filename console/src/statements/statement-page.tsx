import './statement-page.css';
import { useEffect, useState } from 'preact/hooks';
import { RequestError } from '../api/request.ts';
import { cancelStatement, type Plan, readPlan, retryStatement, type Statement } from '../api/statements.ts';
import type { PageProps } from '../app/page-props.ts';
import { duration, secondsBetween, when } from '../design/figures.ts';
import { Notice } from '../design/notice.tsx';
import { StateBadge } from '../design/state-badge.tsx';
import { ResultView } from '../results/result-view.tsx';
import { keepDraft } from '../sql/program-history.ts';
import { FailedRows } from './failed-rows.tsx';
import { LiveProgress } from './live-progress.tsx';
import { Logs } from './logs.tsx';
import { Partitions } from './partitions.tsx';
import { PlanPicture } from './plan-picture.tsx';
import { SpeedChart } from './speed-chart.tsx';
import { StatementFault } from './statement-fault.tsx';
import { hasEnded, mayRetry } from './states.ts';
import { type Transition, useStatement } from './use-statement.ts';

/** One statement, from its submission to its rows. */
export default function StatementPage({ params: { id = '' } }: PageProps) {
  const [round, setRound] = useState(0);
  const { statement, transitions, samples, error } = useStatement(id, round);
  if (error !== null) {
    return (
      <section class="page">
        <h1>Statement</h1>
        <Notice error={error} />
      </section>
    );
  }
  if (statement === null) return <p class="page muted">Loading …</p>;
  const stepsOfRows = statement.steps.filter(({ partitions }) => partitions.length > 0);
  return (
    <section class="page">
      <Head statement={statement} onChange={() => setRound(round + 1)} />
      <StatementFault statement={statement} />
      {!hasEnded(statement) && <LiveProgress statement={statement} />}
      <div class="statement-columns">
        <div class="stack">
          <h2>Program</h2>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it */}
          <pre class="panel statement-sql" tabIndex={0}>
            {statement.sql}
          </pre>
        </div>
        <States statement={statement} transitions={transitions} />
      </div>
      <PlanSection statement={statement} />
      {stepsOfRows.map((step) => (
        <section key={step.name} class="stack" aria-label={`Rows of ${step.name}`}>
          <Partitions step={step} />
          <SpeedChart id={statement.id} step={step} samples={samples} />
          <FailedRows id={statement.id} step={step} />
        </section>
      ))}
      {statement.state === 'succeeded' && statement.results.length > 0 && (
        <section class="stack" aria-label="Results">
          <div class="row">
            <h2>Result</h2>
            {statement.steps.some(({ outputs }) => outputs === 'detections') && (
              <a class="spring" href={`/statements/${statement.id}/pictures`}>
                Pictures with boxes
              </a>
            )}
          </div>
          <ResultView statement={statement} page={null} />
        </section>
      )}
      <Logs key={round} id={statement.id} />
    </section>
  );
}

function Head({ statement, onChange }: { readonly statement: Statement; onChange(): void }) {
  const { id, state, submittedBy, datasource, labels, links, startedAt, finishedAt, sql } = statement;
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const ask = async (action: (id: string) => Promise<unknown>) => {
    setBusy(true);
    setFailure(null);
    try {
      await action(id);
      onChange();
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <div class="row">
        <h1>Statement</h1>
        <StateBadge state={state} />
        {startedAt !== null && finishedAt !== null && <span>{duration(secondsBetween(startedAt, finishedAt))}</span>}
        <span class="spring" />
        {links.argo !== null && (
          <a class="button" href={links.argo} target="_blank" rel="noreferrer">
            Argo
          </a>
        )}
        {links.grafana !== null && (
          <a class="button" href={links.grafana} target="_blank" rel="noreferrer">
            Grafana
          </a>
        )}
        <a class="button" href="/sql" onClick={() => keepDraft(sql)}>
          Edit a copy
        </a>
        {mayRetry(statement) && (
          <button
            type="button"
            class="button"
            disabled={busy}
            onClick={() => ask((each) => retryStatement(each, false))}
          >
            Retry
          </button>
        )}
        {!hasEnded(statement) && state !== 'cancelling' && (
          <button type="button" class="button button-danger" disabled={busy} onClick={() => ask(cancelStatement)}>
            Cancel
          </button>
        )}
      </div>
      <p class="muted statement-facts">
        <span class="mono">{id}</span> · {submittedBy} · datasource {datasource}
        {Object.entries(labels).map(([name, value]) => ` · ${name}: ${value}`)}
      </p>
      {failure !== null && <Notice error={failure} />}
      {failure instanceof RequestError && failure.problem.code === 'STATEMENT_UNCERTAIN' && (
        <div>
          <button type="button" class="button button-danger" onClick={() => ask((each) => retryStatement(each, true))}>
            Retry, and execute it again
          </button>
        </div>
      )}
    </>
  );
}

interface StatesProps {
  readonly statement: Statement;
  readonly transitions: readonly Transition[];
}

function States({ statement: { submittedAt }, transitions }: StatesProps) {
  return (
    <div class="stack">
      <h2>States</h2>
      <ol class="statement-states panel">
        {transitions.map(({ state, at }, index) => (
          <li key={`${state} ${at}`}>
            <StateBadge state={state} />
            <time dateTime={at}>{when(at)}</time>
            <span class="muted">
              + {duration(Math.max(0, secondsBetween(transitions[index - 1]?.at ?? submittedAt, at)))}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

function PlanSection({ statement: { id, steps } }: { readonly statement: Statement }) {
  const [plan, setPlan] = useState<Plan | null>(null);
  useEffect(() => {
    readPlan(id).then(setPlan, () => {});
  }, [id]);
  if (plan === null) return null;
  return (
    <div class="stack">
      <h2>Plan</h2>
      <PlanPicture plan={plan} steps={steps} />
    </div>
  );
}
