import './page.css';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type Datasource, readDatasources } from '../api/catalog.ts';
import { RequestError } from '../api/request.ts';
import { type Explained, explain } from '../api/statements.ts';
import { useUser } from '../app/user.ts';
import { Notice } from '../design/notice.tsx';
import { type Checked, diagnosticsOf } from './check.ts';
import { namesOf } from './completion.ts';
import { Editor, type EditorHandle } from './editor.tsx';
import { ExplainedView } from './explained-view.tsx';
import { HistoryDialog } from './history-dialog.tsx';
import { keepDraft, readDraft, remember } from './program-history.ts';
import { RunView } from './run-view.tsx';
import { useProgram } from './use-program.ts';

type Shown =
  | { readonly kind: 'run' }
  | { readonly kind: 'plan'; readonly explained: Explained }
  | { readonly kind: 'error'; readonly error: unknown };

/** The editor, and below it what the program gave. */
export default function SqlPage() {
  const user = useUser();
  const editor = useRef<EditorHandle | null>(null);
  const [datasources, setDatasources] = useState<readonly Datasource[]>([]);
  const [datasource, setDatasource] = useState<string | undefined>(undefined);
  const names = useMemo(() => namesOf(datasource), [datasource]);
  const [checked, setChecked] = useState<Checked | null>(null);
  const [shown, setShown] = useState<Shown>({ kind: 'run' });
  const [isHistoryOpen, openHistory] = useState(false);
  const { run, start, cancel } = useProgram(() => names.forget());
  useEffect(() => {
    readDatasources().then(setDatasources, () => {});
  }, []);

  const refuse = (error: unknown) => {
    setShown({ kind: 'error', error });
    if (error instanceof RequestError)
      editor.current!.underline((view) => diagnosticsOf(view.state.doc, error.problem));
  };
  const onRun = () => {
    const sql = editor.current!.toRun();
    if (sql.trim() === '') return;
    remember(user.name, sql);
    setShown({ kind: 'run' });
    start({ sql, datasource });
  };
  const onExplain = async () => {
    const sql = editor.current!.toRun();
    if (sql.trim() === '') return;
    try {
      setShown({ kind: 'plan', explained: await explain({ sql, datasource }) });
    } catch (error) {
      refuse(error);
    }
  };
  const onFormat = async () => {
    const { formatProgram, faultsOf } = await import('./language.ts');
    const text = editor.current!.text();
    const [fault] = faultsOf(text);
    if (fault === undefined) editor.current!.replace(formatProgram(text));
    else setChecked({ diagnostics: [], problem: fault.message, isForbidden: false });
  };
  const latest = useRef({ onRun, onFormat });
  latest.current = { onRun, onFormat };
  useEffect(() => {
    if (run.phase === 'refused') refuse(run.error);
  }, [run]);

  const isRunning = run.phase === 'running';
  // What the server refuses to a role, it says when it plans the program.
  const isForbidden = checked?.isForbidden ?? false;
  return (
    <section class="page sql-page">
      <h1 class="visually-hidden">SQL</h1>
      <Editor
        initial={readDraft()}
        names={names}
        datasource={datasource}
        onReady={(handle) => {
          editor.current = handle;
        }}
        onChange={(text) => {
          keepDraft(text);
          setChecked(null);
        }}
        onRun={() => latest.current.onRun()}
        onFormat={() => latest.current.onFormat()}
        onChecked={setChecked}
      />
      <div class="row">
        {isRunning ? (
          <button type="button" class="button button-danger" onClick={cancel} disabled={run.statement === null}>
            Cancel
          </button>
        ) : (
          !isForbidden && (
            <button type="button" class="button button-primary" onClick={onRun} title="Ctrl-Enter">
              Run
            </button>
          )
        )}
        <button type="button" class="button" onClick={onExplain}>
          Explain
        </button>
        <button type="button" class="button" onClick={onFormat} title="Shift-Alt-F">
          Format
        </button>
        <button type="button" class="button" onClick={() => openHistory(true)}>
          History
        </button>
        {datasources.length > 1 && (
          <label class="field field-row">
            <span>Datasource</span>
            <select value={datasource} onChange={({ currentTarget }) => setDatasource(currentTarget.value)}>
              {datasources.map(({ name }) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        <p class={`sql-check ${checked?.problem ? 'sql-check-bad' : 'muted'}`} role="status">
          {checked?.problem ?? ''}
        </p>
      </div>
      {shown.kind === 'error' && <Notice error={shown.error} />}
      {shown.kind === 'plan' && <ExplainedView explained={shown.explained} />}
      {shown.kind === 'run' && <RunView run={run} />}
      {isHistoryOpen && (
        <HistoryDialog
          user={user.name}
          onChoose={(sql) => editor.current!.replace(sql)}
          onClose={() => openHistory(false)}
        />
      )}
    </section>
  );
}
