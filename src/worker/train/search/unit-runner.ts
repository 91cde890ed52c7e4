import type { UnitResult } from '../../../ledger/trial-commits.ts';
import type { ClaimedUnit } from '../../../ledger/trial-leases.ts';

/** What a worker does with a claimed unit. */
export interface UnitRunner {
  /** @throws {MillraceError} TRAIN_…, TRIAL_TAKEN if the model's state is gone */
  run(unit: ClaimedUnit): Promise<UnitResult>;
  /** The model needs this state no more. */
  drop(checkpoint: string): Promise<void>;
  /** Whether its trainer has died since the last unit that it was given; the next unit gets another one. */
  hasDied(): boolean;
  close(): Promise<void>;
}
