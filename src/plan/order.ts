import type { TableUse } from '../sql/facts/table-use.ts';
import { foldName } from '../sql/facts/word.ts';
import type { SqlStatement } from '../sql/statement.ts';

/** What a statement uses; never too little. */
interface Use extends TableUse {
  /** Whether it shares the session of the standard statements, and so must keep its order among them. */
  readonly session: boolean;
}

/** @param views folded names of the existing views; what they read is not known here */
function useOf(statement: SqlStatement, views: readonly string[]): Use {
  const use = statement.kind === 'standard' ? statement.facts.tables : extendedUse(statement);
  const hidden = views.some((view) => use.reads.has(view));
  return { ...use, anything: use.anything || hidden, session: statement.kind === 'standard' };
}

function extendedUse(statement: Exclude<SqlStatement, { kind: 'standard' }>): TableUse {
  if (statement.kind !== 'run') return { reads: new Set(), writes: new Set(), anything: true };
  const { reads, anything } = statement.query.facts.tables;
  return { reads, writes: new Set(statement.into.map(({ table }) => foldName(table))), anything };
}

/**
 * For each statement, the earlier ones that must end first: those that write what it uses, those that read what it writes,
 * and all of them for a statement that may touch anything. Takes time linear in the number of names.
 */
export function orderStatements(
  statements: readonly SqlStatement[],
  views: readonly string[],
): readonly (readonly number[])[] {
  const writer = new Map<string, number>();
  const readers = new Map<string, number[]>();
  /** Statements that no later one waits for yet: waiting for these is waiting for all. */
  const last = new Set<number>();
  let barrier: number | undefined;
  let session: number | undefined;

  function needsOf(use: Use): ReadonlySet<number> {
    if (use.anything) return new Set(last);
    const needs = new Set<number>();
    const add = (statement: number | undefined) => statement !== undefined && needs.add(statement);
    if (use.session) add(session);
    for (const name of use.reads.keys()) add(writer.get(name));
    for (const name of use.writes.keys())
      for (const user of [writer.get(name), ...(readers.get(name) ?? [])]) add(user);
    const since = [...needs].filter((statement) => statement > (barrier ?? -1));
    return since.length === 0 && barrier !== undefined ? new Set([barrier]) : new Set(since);
  }

  function note(use: Use, index: number): void {
    for (const name of use.reads.keys()) {
      const users = readers.get(name);
      if (users === undefined) readers.set(name, [index]);
      else users.push(index);
    }
    for (const name of use.writes.keys()) {
      writer.set(name, index);
      readers.delete(name);
    }
    if (use.anything) barrier = index;
    if (use.session) session = index;
  }

  const folded = views.map(foldName);
  return statements.map((statement, index) => {
    const use = useOf(statement, folded);
    const needs = needsOf(use);
    for (const statement of needs) last.delete(statement);
    last.add(index);
    note(use, index);
    return [...needs].sort((a, b) => a - b);
  });
}
