import { MillraceError } from '../errors.ts';
import type { StatementStatus } from '../ledger/statement-status.ts';
import { createScanner } from '../sql/tokens.ts';

/** Why the database refused a program before any of it ran; null: it did not, or something may have run. */
export function refusalOf({ state, steps, plan, error }: StatementStatus): MillraceError | null {
  if (state !== 'failed' || error?.code !== 'QUERY_REFUSED') return null;
  const [refused, ...others] = steps.filter((step) => step.state !== 'pending');
  const step = plan.steps.find(({ name }) => name === refused?.name);
  if (others.length > 0 || step?.kind !== 'sql' || runsOthers(step.sql)) return null;
  return new MillraceError('QUERY_REFUSED', error.message, { span: step.span, hint: error.hint ?? undefined });
}

/** Begins a statement that runs others, one of which may be what was refused. */
const runners = new Set('CALL EXECUTE BEGIN IF CASE LOOP REPEAT WHILE FOR'.split(' '));

/**
 * Doubtful ones do. What a function or trigger is refused has the same errors, but there the database rolls back what the statement
 * has done.
 */
function runsOthers(sql: string): boolean {
  const scanner = createScanner(sql);
  scanner.enter('query');
  let token = scanner.next();
  while (token?.type === 'comment' || token?.type === 'open') token = scanner.next();
  if (token?.type !== 'word') return true;
  return runners.has(token.text.toUpperCase()) || scanner.next()?.text.startsWith(':') === true;
}
