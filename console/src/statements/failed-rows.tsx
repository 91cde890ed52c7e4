import { useEffect, useState } from 'preact/hooks';
import { type FailedRow, readFailedRows, type Step } from '../api/statements.ts';
import { counted } from '../design/figures.ts';
import { Notice } from '../design/notice.tsx';

interface Props {
  readonly id: string;
  readonly step: Step;
}

/** Rows that could not be processed, with the reasons. */
export function FailedRows({ id, step: { name, partitions } }: Props) {
  const failed = partitions.reduce((sum, partition) => sum + partition.failed, 0);
  const [rows, setRows] = useState<readonly FailedRow[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const load = async (cursor?: string) => {
    try {
      const page = await readFailedRows(id, name, cursor);
      setRows((before) => (cursor === undefined ? page.rows : [...before, ...page.rows]));
      setNext(page.next);
    } catch (caught) {
      setError(caught);
    }
  };
  useEffect(() => {
    if (failed > 0) load();
  }, [failed]);
  if (failed === 0) return null;
  return (
    <div class="stack">
      <h3>{counted(failed, 'failed row')}</h3>
      {error !== null && <Notice error={error} />}
      <table class="failed-rows">
        <thead>
          <tr>
            <th scope="col">Row</th>
            <th scope="col">Reason</th>
            <th scope="col">Code</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ row, code, message }) => (
            <tr key={row}>
              <td>{row}</td>
              <td>{message}</td>
              <td>
                <a href={`/docs/errors#${code.toLowerCase()}`} target="_blank" rel="noreferrer">
                  {code}
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {next !== null && (
        <button type="button" class="button" onClick={() => load(next)}>
          More
        </button>
      )}
    </div>
  );
}
