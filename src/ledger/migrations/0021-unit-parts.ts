import { addColumn } from './alter.ts';

/** What the time of a unit goes to. */
export function unitParts(table: (name: string) => string): readonly string[] {
  const units = table('trial_units');
  return [
    ...addColumn(units, 'claim_seconds', "DOUBLE NULL COMMENT 'before seconds'"),
    ...addColumn(units, 'rows_seconds', "DOUBLE NULL COMMENT 'of seconds: reading rows'"),
    ...addColumn(units, 'load_seconds', "DOUBLE NULL COMMENT 'of seconds: reading the state'"),
    ...addColumn(units, 'hash_seconds', "DOUBLE NULL COMMENT 'of seconds: digests of both states'"),
    ...addColumn(units, 'save_seconds', "DOUBLE NULL COMMENT 'of seconds: writing the state'"),
    ...addColumn(units, 'commit_seconds', "DOUBLE NULL COMMENT 'after seconds'"),
  ];
}
