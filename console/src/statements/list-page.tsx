import './list-page.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import { listStatements, type Statement, type StatementsPage } from '../api/statements.ts';
import { navigate, usePlace } from '../app/location.ts';
import { useUser } from '../app/user.ts';
import { duration, secondsBetween, when } from '../design/figures.ts';
import { Notice } from '../design/notice.tsx';
import { ProgressBar } from '../design/progress-bar.tsx';
import { StateBadge } from '../design/state-badge.tsx';
import { states } from './states.ts';

/** Interval at which the list is read again while the page is visible. */
const refreshMs = 2000;

/** The user's statements, the newest first; an administrator sees those of all users. */
export default function StatementsListPage() {
  const user = useUser();
  const { query } = usePlace();
  const filter = {
    state: query.getAll('state'),
    user: query.get('user') ?? undefined,
    datasource: query.get('datasource') ?? undefined,
    cursor: query.get('after') ?? undefined,
  };
  const { page, error } = useRefreshed(filter);
  const change = (name: string, value: string) => {
    const next = new URLSearchParams(query);
    next.delete('after');
    if (value === '') next.delete(name);
    else next.set(name, value);
    navigate(`/statements${next.size === 0 ? '' : `?${next}`}`, { replace: true });
  };
  const after = new URLSearchParams(query);
  if (page?.next) after.set('after', page.next);
  return (
    <section class="page">
      <div class="row">
        <h1>Statements</h1>
        <span class="spring" />
        <label class="field field-row">
          <span>State</span>
          <select value={filter.state[0] ?? ''} onChange={({ currentTarget }) => change('state', currentTarget.value)}>
            <option value="">all</option>
            {states.map((state) => (
              <option key={state} value={state}>
                {state}
              </option>
            ))}
          </select>
        </label>
        {user.role === 'admin' && (
          <label class="field field-row">
            <span>User</span>
            <input
              type="search"
              size={14}
              value={filter.user ?? ''}
              onChange={({ currentTarget }) => change('user', currentTarget.value.trim())}
            />
          </label>
        )}
      </div>
      {error !== null && <Notice error={error} />}
      {page?.statements.length === 0 && (
        <p class="panel muted">
          No statements. <a href="/sql">Write one</a>.
        </p>
      )}
      {page !== null && page.statements.length > 0 && <List statements={page.statements} />}
      <div class="row">
        {filter.cursor !== undefined && (
          <button type="button" class="button" onClick={() => history.back()}>
            Newer
          </button>
        )}
        {page?.next && (
          <a class="button" href={`/statements?${after}`}>
            Older
          </a>
        )}
      </div>
    </section>
  );
}

function List({ statements }: { readonly statements: readonly Statement[] }) {
  return (
    <table class="statements">
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col">Statement</th>
          <th scope="col" class="statements-extra">
            User
          </th>
          <th scope="col">Submitted</th>
          <th scope="col" class="statements-extra">
            Time
          </th>
        </tr>
      </thead>
      <tbody>
        {statements.map((each) => (
          <Row key={each.id} statement={each} />
        ))}
      </tbody>
    </table>
  );
}

const longest = 160;

function Row({ statement }: { readonly statement: Statement }) {
  const { id, state, sql, submittedBy, submittedAt, startedAt, finishedAt, progress, error } = statement;
  const text = sql.replaceAll(/\s+/g, ' ').trim();
  return (
    <tr>
      <td>
        <StateBadge state={state} />
      </td>
      <td class="statements-sql">
        <a href={`/statements/${id}`} class="mono">
          {text.length > longest ? `${text.slice(0, longest)}…` : text}
        </a>
        {state === 'running' && progress !== null && (
          <ProgressBar
            label={`Progress of ${progress.step}`}
            done={progress.done}
            total={progress.total}
            failed={progress.failed}
          />
        )}
        {error !== null && <p class="statements-error">{error.message}</p>}
      </td>
      <td class="statements-extra">{submittedBy}</td>
      <td>{when(submittedAt)}</td>
      <td class="statements-extra">
        {startedAt !== null && finishedAt !== null && duration(secondsBetween(startedAt, finishedAt))}
      </td>
    </tr>
  );
}

type Wanted = Parameters<typeof listStatements>[0];

/** Reads the list again and again; a hidden tab asks for nothing. */
function useRefreshed(filter: Wanted) {
  const [page, setPage] = useState<StatementsPage | null>(null);
  const [error, setError] = useState<unknown>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    const ending = new AbortController();
    const refresh = async () => {
      try {
        if (document.visibilityState === 'visible') setPage(await listStatements(filter, ending.signal));
        setError(null);
      } catch (caught) {
        if (ending.signal.aborted) return;
        setError(caught);
      }
      if (!ending.signal.aborted) timer.current = setTimeout(refresh, refreshMs);
    };
    refresh();
    return () => {
      ending.abort();
      clearTimeout(timer.current);
    };
  }, [JSON.stringify(filter)]);
  return { page, error };
}
