import type { Pool } from 'mysql2/promise';
import type { ResultColumn } from '../datasource/column-types.ts';
import { resultWriter } from './result-writer.ts';
import { readStatementRules } from './results.ts';

/** Rows that a step returns to who runs it. */
export interface ReturnedRows {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly unknown[])[];
}

export interface ReturningStep {
  /** Connections to the system schema. */
  readonly pool: Pool;
  readonly schema: string;
  readonly statement: string;
  readonly step: string;
  readonly signal: AbortSignal;
}

/** Stores the rows that a step returns, in the place of earlier ones. */
export async function storeRows({ columns, rows }: ReturnedRows, step: ReturningStep): Promise<void> {
  const { pool, schema, statement, signal } = step;
  const { resultBytes } = await readStatementRules(pool, schema, statement);
  const writer = resultWriter({ pool, schema, statement, step: step.step, resultBytes }, signal);
  writer.begin(columns);
  await writer.add(rows.map((row) => [...row]));
  await writer.end();
}

/** Columns by name. */
export function columnsOf(types: Readonly<Record<string, ResultColumn['type']>>): readonly ResultColumn[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }));
}
