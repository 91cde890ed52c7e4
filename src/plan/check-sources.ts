import { type Catalog, tableKey } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import { tableReferences } from '../sql/facts/facts.ts';
import type { TableReference } from '../sql/facts/table-references.ts';
import type { Program, RunStatement, StandardStatement } from '../sql/statement.ts';
import { writeModeOf } from './write-mode.ts';

type Report = (error: MillraceError) => void;

/** What each view reads; null if the account cannot see it. */
type Views = ReadonlyMap<string, readonly TableReference[] | null>;

/**
 * `write_mode = 'overwrite'` replaces the old table. That is never intended for a table that the query reads, directly or
 * through views. (`append` reads its rows before it adds any.)
 */
export function checkSources(program: Program, catalog: Catalog, report: Report): void {
  if (!program.statements.some((statement) => statement.kind === 'run' && mayReplace(statement))) return;
  const views = new Map<string, readonly TableReference[] | null>();
  for (const [name, query] of Object.entries(catalog.viewDefinitions))
    views.set(name, query === null ? null : tableReferences(query));
  for (const statement of program.statements) {
    if (statement.kind === 'standard') noteView(statement, views, catalog);
    else if (statement.kind === 'run' && mayReplace(statement)) {
      const problem = findSource(statement, views, catalog);
      if (problem !== null) report(problem);
    }
  }
}

export function mayReplace({ attributes }: Pick<RunStatement, 'attributes'>): boolean {
  return writeModeOf(attributes) === 'overwrite';
}

function findSource(statement: RunStatement, views: Views, catalog: Catalog): MillraceError | null {
  const [target] = statement.into;
  if (target === undefined) return null;
  const read: Source[] = [];
  const seen = new Set<string>();
  const add = (tables: readonly TableReference[], through: string | null) => {
    for (const table of tables) {
      const name = fullName(table, catalog);
      if (!seen.has(name)) read.push({ name, through });
      seen.add(name);
    }
  };
  add(statement.query.facts.references, null);
  // `read` grows in the loop.
  for (const { name, through } of read) {
    if (name === fullName(target, catalog)) return replacesSource(name, through, target.span);
    const inner = views.get(name);
    if (inner === null) return unseen(name, target.span);
    if (inner !== undefined) add(inner, through ?? name);
  }
  return null;
}

interface Source {
  readonly name: string;
  /** The view in the query that reads it; null if the query itself reads it. */
  readonly through: string | null;
}

/** Whether table names are case-sensitive is a setting of the server. A wrong guess would lose a table, so case is ignored. */
function fullName({ database, table }: TableReference, catalog: Catalog): string {
  return tableKey({ database: database ?? catalog.database, table }).toLowerCase();
}

function replacesSource(name: string, through: string | null, span: MillraceError['span']): MillraceError {
  const how = through === null ? '' : ` through the view ${through}`;
  const message = `the query reads ${name}${how}, but write_mode = 'overwrite' would replace it`;
  return new MillraceError('RESULT_IS_SOURCE', message, { span, hint: 'write into another table' });
}

function unseen(view: string, span: MillraceError['span']): MillraceError {
  const message = `the account cannot see whether the view ${view} reads the table that write_mode = 'overwrite' would replace`;
  return new MillraceError('RESULT_IS_SOURCE', message, {
    span,
    hint: `write into a new table, or grant SHOW VIEW on ${view} to the account`,
  });
}

/** A view that an earlier statement of the program creates, which the catalog cannot know. */
function noteView(
  { facts: { target, references } }: StandardStatement,
  views: Map<string, readonly TableReference[] | null>,
  catalog: Catalog,
): void {
  if (target?.kind === 'view') views.set(fullName(target, catalog), references);
}
