import { addColumn } from './alter.ts';

/** A trial counts with its best epoch, whose state is kept. Searches that are under way count from their next epoch on. */
export function bestEpochs(table: (name: string) => string): readonly string[] {
  const trials = table('trials');
  return [
    ...addColumn(
      trials,
      'best_epoch',
      "INT UNSIGNED NULL COMMENT 'complete epochs after which loss and metrics are; NULL: none yet'",
    ),
    ...addColumn(trials, 'best_checkpoint', "CHAR(64) NULL COMMENT 'SHA-256 of the state after these'"),
    `UPDATE ${trials} SET best_epoch = epoch, best_checkpoint = checkpoint
     WHERE best_epoch IS NULL AND loss IS NOT NULL AND visited = 0`,
    `UPDATE ${trials} SET loss = NULL, metrics = NULL WHERE best_epoch IS NULL`,
  ];
}
