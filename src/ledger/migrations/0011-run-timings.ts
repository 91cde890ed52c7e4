import { addColumn } from './alter.ts';

/** What a run took: by its partitions, and with the measurements of its model. */
export function runTimings(table: (name: string) => string): readonly string[] {
  const [partitions, measurements] = [table('partitions'), table('model_measurements')];
  return [
    ...addColumn(partitions, 'process_ms', "BIGINT UNSIGNED NULL COMMENT 'from the opened program to the last row'"),
    ...addColumn(partitions, 'peak_memory', "BIGINT UNSIGNED NULL COMMENT 'bytes of the worker'"),
    ...addColumn(partitions, 'device', 'VARCHAR(255) NULL'),
    ...addColumn(partitions, 'batch', "INT UNSIGNED NULL COMMENT 'rows that the model takes at once'"),
    ...addColumn(partitions, 'digest', "CHAR(64) NULL COMMENT 'SHA-256 of the file of the model'"),
    ...addColumn(measurements, 'partitions', 'INT UNSIGNED NULL'),
    ...addColumn(measurements, 'at_once', "INT UNSIGNED NULL COMMENT 'partitions that ran at the same time'"),
  ];
}
