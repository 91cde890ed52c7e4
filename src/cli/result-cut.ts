import { MillraceError } from '../errors.ts';
import type { Service } from '../service/service.ts';

/** The error for a query that returned more rows than are stored, so that not all were returned. */
export async function resultCut(service: Service, id: string, step: string): Promise<MillraceError> {
  const { results } = await service.status(id);
  const kept = results.find((result) => result.step === step)?.rows ?? 'some';
  const message = `only the first ${kept} rows of ${step} are stored; the query returned more`;
  return new MillraceError('RESULT_CUT', message, {
    hint: 'select fewer rows, or run the query alone with millrace run and the local engine, which streams all rows',
  });
}
