import type { Catalog } from '../catalog/catalog.ts';
import { loadCatalog, type Questions } from '../catalog/load-catalog.ts';
import type { Config } from '../config.ts';
import type { DatabasePools } from '../datasource/accounts.ts';
import { serverSqlMode } from '../datasource/sql-mode.ts';
import { mayReplace } from '../plan/check-sources.ts';
import type { Plan } from '../plan/plan.ts';
import { planProgram } from '../plan/plan-program.ts';
import { tableReferences } from '../sql/facts/facts.ts';
import { type LexicalMode, lexicalMode } from '../sql/lexical-mode.ts';
import { parseProgram } from '../sql/parse.ts';
import type { Program } from '../sql/statement.ts';

/** How the database reads standard SQL in a new session. @throws {MillraceError} DATABASE_… */
export async function modeOf({ users }: Pick<DatabasePools, 'users'>): Promise<LexicalMode> {
  return lexicalMode(await serverSqlMode(users));
}

/**
 * SQL text -> Statement -> Plan, with what the database and the catalog know.
 * @param mode of the session that runs it; if not given, of a new one
 * @throws {MillraceError} what is wrong with the program, with its places; DATABASE_…
 */
export async function planText(text: string, pools: DatabasePools, config: Config, mode?: LexicalMode): Promise<Plan> {
  return planParsed(parseProgram(text, mode ?? (await modeOf(pools))), pools, config);
}

/** The same for a program that was parsed in the database's mode. */
export async function planParsed(program: Program, pools: DatabasePools, config: Config): Promise<Plan> {
  const [first, ...others] = program.statements;
  const isQuery = first?.kind === 'standard' && others.length === 0;
  return planProgram(program, isQuery ? nothingKnown : await loadCatalog(pools, config, questionsOf(program)));
}

/** Whether a program only queries: it may be executed anywhere, and leaves nothing behind. */
export function changesNothing({ steps }: Plan): boolean {
  return steps.length > 0 && steps.every((step) => step.kind === 'sql' && step.onlyReads);
}

/** A single standard statement names nothing of the catalog and waits for no other. */
const nothingKnown: Catalog = {
  images: [],
  otherImages: false,
  models: [],
  otherModels: false,
  volumes: [],
  mounted: null,
  database: null,
  parallelism: 1,
  mostPartitions: 1,
  sharedSession: true,
  views: [],
  viewDefinitions: {},
  queries: {},
  tables: {},
};

function questionsOf(program: Program): Questions {
  const runs = program.statements
    .map((statement, index) => ({ statement, first: index === 0 }))
    .flatMap(({ statement, first }) => (statement.kind === 'run' ? [{ statement, first }] : []));
  return {
    queries: runs.map(({ statement, first }) => ({ text: statement.query.text, afterOthers: !first })),
    sources: runs.flatMap(({ statement }) => (mayReplace(statement) ? statement.query.facts.references : [])),
    sourcesOf: tableReferences,
    tables: runs.flatMap(({ statement, first }) => (first ? statement.into.slice(0, 1) : [])),
  };
}
