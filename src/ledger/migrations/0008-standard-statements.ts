import { addColumn } from './alter.ts';

/** Maximum duration of a standard statement, and the number of rows that it changed. */
export function standardStatements(table: (name: string) => string): readonly string[] {
  return [
    ...addColumn(
      table('submissions'),
      'statement_seconds',
      "INT UNSIGNED NULL COMMENT 'a standard statement that runs longer is ended; NULL: none is'",
    ),
    ...addColumn(table('steps'), 'affected_rows', "BIGINT UNSIGNED NULL COMMENT 'of a standard statement'"),
  ];
}
