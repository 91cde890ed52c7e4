import { MillraceError } from '../errors.ts';
import type { Service } from '../service/service.ts';

/** What to say where a query returned more rows than are kept, and so more than were given. */
export async function resultCut(service: Service, id: string, step: string): Promise<MillraceError> {
  const { results } = await service.status(id);
  const kept = results.find((result) => result.step === step)?.rows ?? 'some';
  const message = `only the first ${kept} rows of ${step} are kept, and the query returned more`;
  return new MillraceError('RESULT_CUT', message, {
    hint: 'select fewer rows, or run the query by itself with millrace run beside its database: that streams all',
  });
}
