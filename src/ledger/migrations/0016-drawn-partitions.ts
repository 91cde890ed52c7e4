import { addColumn, addIndex } from './alter.ts';

/** Workers draw partitions: who has which, and until when. */
export function drawnPartitions(table: (name: string) => string): readonly string[] {
  const partitions = table('partitions');
  return [
    ...addColumn(partitions, 'worker_no', "INT UNSIGNED NULL COMMENT 'the worker that drew it last'"),
    ...addColumn(partitions, 'leased_at', "DATETIME(6) NULL COMMENT 'when its worker was last heard of'"),
    ...addIndex(partitions, 'drawn', 'selection_id, state, partition_no'),
  ];
}
