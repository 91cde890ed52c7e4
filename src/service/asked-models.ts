import type { ModelCounts } from '../ledger/model-counts.ts';
import type { StepStatus } from '../ledger/statement-status.ts';
import type { Step } from '../plan/plan.ts';
import { runStep } from '../plan/step-facts.ts';
import type { Statement } from './statement.ts';

type AskedModels = NonNullable<Statement['steps'][number]['models']>;

/** What each model of a cascade was asked, and what was predicted; null for a step of another kind. */
export function askedModels(planned: Step | undefined, { models = [] }: StepStatus): AskedModels | null {
  const program = planned === undefined ? undefined : runStep(planned)?.program;
  if (program?.name !== 'find') return null;
  const counted = new Map(models.map((counts) => [counts.model, counts]));
  return program.settings.cascade.models.map(({ name, classes, reach, cost }, index) => {
    const counts = counted.get(index);
    return {
      name,
      classes: [...classes],
      asked: counts?.asked ?? 0,
      decided: counts?.decided ?? 0,
      reused: counts?.reused ?? 0,
      inferMs: counts === undefined ? null : inferMsOf(counts),
      predicted: { asked: reach, totalMs: cost },
    };
  });
}

/** Milliseconds of an image that the model itself answered about. */
function inferMsOf({ asked, reused, inferMs }: ModelCounts): number | null {
  return asked === reused ? null : inferMs / (asked - reused);
}
