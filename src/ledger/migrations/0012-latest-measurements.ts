import { addColumn } from './alter.ts';

/** Each version has its latest figures at hand: a list of ten thousand models reads no measurements. */
export function latestMeasurements(table: (name: string) => string): readonly string[] {
  const [versions, measurements] = [table('model_versions'), table('model_measurements')];
  const latest = (value: string, condition: string) =>
    `(SELECT ${value} FROM ${measurements} AS t WHERE t.model_name = v.model_name AND t.version = v.version AND ${condition}
      ORDER BY t.id DESC LIMIT 1)`;
  return [
    ...addColumn(versions, 'map', "DOUBLE NULL COMMENT 'AP at .50:.95 of the latest evaluation'"),
    ...addColumn(versions, 'total_ms', "DOUBLE NULL COMMENT 'per image, of the latest measurement'"),
    `UPDATE ${versions} AS v SET
      map = ${latest("NULLIF(JSON_UNQUOTE(JSON_EXTRACT(t.accuracy, '$.map')), 'null') + 0", 't.accuracy IS NOT NULL')},
      total_ms = ${latest('t.total_ms', 't.total_ms > 0')}`,
  ];
}
