import * as v from 'valibot';
import type { ErrorRecord } from '../../../errors.ts';
import type { ObservedWorkflow } from '../workflows/observed-workflow.ts';

/** Says, as JSON, why Millrace stopped a workflow whose user did not cancel it. */
export const errorAnnotation = 'millrace/stopped-with-error';

/** The error of a step for which its workflow was stopped. */
export interface StepError extends ErrorRecord {
  readonly step: string;
}

const schema: v.GenericSchema<StepError> = v.object({
  step: v.string(),
  code: v.string(),
  message: v.string(),
  hint: v.nullable(v.string()),
});

/** @returns null if Millrace did not stop it, or only because its user cancelled it */
export function stoppedWithError({ metadata }: Pick<ObservedWorkflow, 'metadata'>): StepError | null {
  const written = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), metadata.annotations?.[errorAnnotation]);
  return written.success ? written.output : null;
}
