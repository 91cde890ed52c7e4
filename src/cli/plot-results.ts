import { eachRow } from '../datasource/row-stream.ts';
import { MillraceError } from '../errors.ts';
import { plotExplanation } from '../service/models/explanation-picture.ts';
import type { Service } from '../service/service.ts';
import type { Statement } from '../service/statement.ts';
import { writePictures } from './plot-plan.ts';

type Step = Statement['steps'][number];

/**
 * Draws what the statements of a program have trained, shown of a training, or explained.
 * @returns the files
 * @throws {MillraceError} NO_PICTURE, OUTPUT_FAILED
 */
export async function plotResults(file: string, service: Service, id: string): Promise<readonly string[]> {
  const { steps, results } = await service.status(id);
  const pictures = [];
  for (const step of steps) {
    if (!results.some((result) => result.step === step.name && result.kind === 'rows')) continue;
    const svg = await pictureOf(step, service, id);
    if (svg !== null) pictures.push({ step: step.name, svg });
  }
  if (pictures.length === 0) {
    throw new MillraceError('NO_PICTURE', 'no statement of the program has returned something to draw', {
      hint: 'leave out --plot, or run TO TRAIN, TO EXPLAIN, SHOW TRAIN or SHOW TRIALS',
    });
  }
  return writePictures(file, pictures);
}

/** null: the statement of the step is another */
async function pictureOf({ name, kind, program }: Step, service: Service, id: string): Promise<string | null> {
  if (program === 'explain') {
    const { columns, batches } = await service.rows(id, { step: name });
    const rows: (readonly unknown[])[] = [];
    for await (const row of eachRow(batches)) rows.push(row);
    return plotExplanation({ columns: columns.map((column) => column.name), rows });
  }
  if (kind !== 'train' && kind !== 'model') return null;
  const { columns, batches } = await service.rows(id, { step: name, limit: 1 });
  for await (const row of eachRow(batches)) {
    const told = Object.fromEntries(columns.map((column, at) => [column.name, row[at]]));
    // Statements about models that were not trained tell no estimator.
    if (typeof told.model === 'string' && typeof told.estimator === 'string')
      return service.trainingPicture(told.model, Number(told.version));
  }
  return null;
}
