import type { StepStatus } from '../../ledger/statement-status.ts';
import type { Step } from '../../plan/plan.ts';
import { runStep } from '../../plan/step-facts.ts';
import type { Statement } from '../statement.ts';

type FindFigures = NonNullable<Statement['steps'][number]['find']>;

/** What TO FIND was predicted to cost and how accurate to be, and what it is; null for a step of another kind. */
export function findFigures(planned: Step | undefined, status: StepStatus): FindFigures | null {
  const plan = planned === undefined ? undefined : runStep(planned)?.find;
  const cascade = plan?.strategies[plan.strategy].cascade;
  if (plan === undefined || cascade == null) return null;
  const { models = [], partitions, compared } = status;
  const done = partitions.reduce((sum, partition) => sum + partition.done - partition.failed, 0);
  const spent = models.reduce((sum, { inferMs }) => sum + inferMs, 0);
  const isCompared = compared !== undefined && compared.labelled > 0;
  return {
    strategy: plan.strategy,
    predicted: { costMs: cascade.cost, accuracy: cascade.accuracy, agreement: cascade.agreement },
    actual: {
      costMs: done === 0 ? null : spent / done,
      agreement: isCompared ? compared.right / compared.labelled : null,
      labelled: compared?.labelled ?? null,
    },
  };
}
