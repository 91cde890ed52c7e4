import './result-view.css';
import { useEffect, useState } from 'preact/hooks';
import {
  type DownloadFormat,
  downloadResult,
  downloads,
  type ResultPage,
  readResult,
  type Statement,
} from '../api/statements.ts';
import { count, counted } from '../design/figures.ts';
import { Notice } from '../design/notice.tsx';
import { copyRows, VirtualTable } from '../design/virtual-table.tsx';

type Reference = Statement['results'][number];

interface Props {
  readonly statement: Statement;
  /** The first page of the last result, if it is known already. */
  readonly page: ResultPage | null;
}

/** The results of a statement. */
export function ResultView({ statement, page }: Props) {
  const { results } = statement;
  const [chosen, choose] = useState(results.at(-1)?.step);
  const reference = results.find(({ step }) => step === chosen);
  if (reference === undefined) return null;
  return (
    <div class="result">
      {results.length > 1 && (
        <label class="field field-row">
          <span>Result of</span>
          <select value={chosen} onChange={({ currentTarget }) => choose(currentTarget.value)}>
            {results.map(({ step, table }) => (
              <option key={step} value={step}>
                {step} {table}
              </option>
            ))}
          </select>
        </label>
      )}
      <Rows
        key={`${statement.id} ${reference.step}`}
        statement={statement}
        reference={reference}
        first={page?.step === reference.step ? page : null}
      />
    </div>
  );
}

/** Rows of each further page. */
const pageRows = 5000;

interface RowsProps {
  readonly statement: Statement;
  readonly reference: Reference;
  readonly first: ResultPage | null;
}

function Rows({ statement: { id }, reference, first }: RowsProps) {
  const [pages, setPages] = useState<ResultPage | null>(first);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const load = async (cursor: string | undefined) => {
    setBusy(true);
    try {
      const page = await readResult(id, {
        step: reference.step,
        cursor,
        ...(cursor !== undefined && { limit: pageRows }),
      });
      setPages((before) => (before === null ? page : { ...page, rows: [...before.rows, ...page.rows] }));
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => {
    if (pages === null) load(undefined);
  }, []);
  if (error !== null) return <Notice error={error} />;
  if (pages === null) return <p class="muted">Loading …</p>;
  const { columns, rows, next } = pages;
  const more = () => {
    if (next !== null && !busy) load(next);
  };
  return (
    <>
      <div class="row">
        <span role="status">{summary(rows.length, reference, next !== null)}</span>
        {reference.truncated && <span class="muted">The query returned more rows than are kept.</span>}
        <span class="spring" />
        <Copy columns={columns} rows={rows} />
        {downloads.map((format) => (
          <Download key={format} id={id} step={reference.step} format={format} onError={setError} />
        ))}
      </div>
      <VirtualTable label="Result" columns={columns} rows={rows} onNearEnd={more} />
    </>
  );
}

function summary(loaded: number, { rows, table }: Reference, isOpen: boolean): string {
  const where = table === null ? '' : ` of ${table}`;
  if (!isOpen) return counted(loaded, 'row') + where;
  return rows === null ? `first ${counted(loaded, 'row')}${where}` : `${count(loaded)} of ${counted(rows, 'row')}`;
}

function Copy({ columns, rows }: Pick<ResultPage, 'columns' | 'rows'>) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await copyRows(columns, rows);
    setCopied(true);
  };
  return (
    <button type="button" class="button" onClick={copy} onBlur={() => setCopied(false)}>
      {copied ? 'Copied' : 'Copy'}
    </button>
  );
}

interface DownloadProps {
  readonly id: string;
  readonly step: string;
  readonly format: DownloadFormat;
  onError(error: unknown): void;
}

/** A link alone would send no token. */
function Download({ id, step, format, onError }: DownloadProps) {
  const download = async () => {
    try {
      const address = URL.createObjectURL(await downloadResult(id, step, format));
      const link = document.createElement('a');
      link.href = address;
      link.download = `${id}-${step}.${format}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } catch (error) {
      onError(error);
    }
  };
  return (
    <button type="button" class="button" onClick={download}>
      <span class="visually-hidden">Download as </span>
      {format}
    </button>
  );
}
