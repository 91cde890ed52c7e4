import type { TableUse } from './table-use.ts';

/**
 * For each statement the earlier ones that must have ended before: those that wrote what it uses, those that read what it writes,
 * and for a statement that may touch anything all of them. Time is linear in the number of names.
 */
export function orderStatements(uses: readonly TableUse[]): readonly (readonly number[])[] {
  const writer = new Map<string, number>();
  const readers = new Map<string, number[]>();
  /** Statements that no later one needs yet: who waits for them has waited for all. */
  const last = new Set<number>();
  let barrier: number | undefined;
  let session: number | undefined;

  function needsOf(use: TableUse): ReadonlySet<number> {
    if (use.anything) return new Set(last);
    const needs = new Set<number>();
    const add = (statement: number | undefined) => statement !== undefined && needs.add(statement);
    if (use.session) add(session);
    for (const name of use.reads) add(writer.get(name));
    for (const name of use.writes) for (const user of [writer.get(name), ...(readers.get(name) ?? [])]) add(user);
    const since = [...needs].filter((statement) => statement > (barrier ?? -1));
    return since.length === 0 && barrier !== undefined ? new Set([barrier]) : new Set(since);
  }

  function note(use: TableUse, index: number): void {
    for (const name of use.reads) {
      const users = readers.get(name);
      if (users === undefined) readers.set(name, [index]);
      else users.push(index);
    }
    for (const name of use.writes) {
      writer.set(name, index);
      readers.delete(name);
    }
    if (use.anything) barrier = index;
    if (use.session) session = index;
  }

  return uses.map((use, index) => {
    const needs = needsOf(use);
    for (const statement of needs) last.delete(statement);
    last.add(index);
    note(use, index);
    return [...needs].sort((a, b) => a - b);
  });
}
