import { dropColumn, renameColumn } from './alter.ts';

/** Not every program detects: what a row gives are outputs, and which columns a program reads follows from its settings. */
export function outputs(table: (name: string) => string): readonly string[] {
  return [
    ...['partitions', 'ledger', 'purged_work'].flatMap((name) => renameColumn(table(name), 'detections', 'outputs')),
    ...dropColumn(table('selections'), 'image_column'),
  ];
}
