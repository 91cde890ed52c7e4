import { useEffect, useState } from 'preact/hooks';
import { type Plan, readPlan, type Statement } from '../api/statements.ts';

/** Why a statement failed, and at which step of the program. */
export function StatementFault({ statement }: { readonly statement: Statement }) {
  const { id, sql, error, steps } = statement;
  const failed = steps.find(({ state }) => state === 'failed');
  const [plan, setPlan] = useState<Plan | null>(null);
  useEffect(() => {
    if (error !== null && failed !== undefined) readPlan(id).then(setPlan, () => {});
  }, [id, error?.code, failed?.name]);
  if (error === null) return null;
  const place = plan?.steps.find(({ name }) => name === failed?.name)?.span.start;
  return (
    <div class="notice" role="alert">
      <p>{error.message}</p>
      {place !== undefined && <pre class="notice-excerpt">{excerpt(sql, place)}</pre>}
      <p class="notice-hint">
        {error.hint}{' '}
        <a href={`/docs/errors#${error.code.toLowerCase()}`} target="_blank" rel="noreferrer">
          {error.code}
        </a>
      </p>
    </div>
  );
}

/** The line, and a caret below it. */
function excerpt(sql: string, offset: number): string {
  const before = sql.slice(0, offset).split('\n');
  const line = sql.split('\n')[before.length - 1] ?? '';
  const number = String(before.length);
  return `${number} | ${line}\n${' '.repeat(number.length)} | ${before.at(-1)!.replaceAll(/[^\t]/gu, ' ')}^`;
}
