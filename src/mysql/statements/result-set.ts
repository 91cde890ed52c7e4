import type { ColumnType } from '../../datasource/column-types.ts';
import type { AnswerColumn, AnswerRow } from '../protocol/answers.ts';

/** Rows as an answer of the MySQL protocol. */
export interface ResultSet {
  readonly columns: readonly AnswerColumn[];
  readonly rows: AsyncIterable<AnswerRow> | Iterable<AnswerRow>;
}

/** Rows that Millrace keeps or has read, as `ColumnType` describes their values. */
export async function* answerRows(
  columns: readonly AnswerColumn[],
  batches: AsyncIterable<readonly (readonly unknown[])[]>,
): AsyncGenerator<AnswerRow> {
  for await (const batch of batches) for (const row of batch) yield answerRow(columns, row);
}

export function answerRow(columns: readonly AnswerColumn[], row: readonly unknown[]): AnswerRow {
  return columns.map(({ type }, index) => {
    const value = row[index];
    return value === null || value === undefined ? null : (asText[type as ColumnType] ?? String)(value);
  });
}

/** As the database writes a time: https://dev.mysql.com/doc/refman/8.4/en/datetime.html */
const databaseTime = (value: unknown) => String(value).replace('T', ' ').replace('Z', '');

const asText: Partial<Record<ColumnType, (value: unknown) => string | Buffer>> = {
  datetime: databaseTime,
  timestamp: databaseTime,
  binary: (value) => Buffer.from(String(value), 'base64'),
};
