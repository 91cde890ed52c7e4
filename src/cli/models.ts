import { type Place, withService } from './open-service.ts';
import type { Output } from './output.ts';
import { formatRows } from './result-table.ts';

/** `millrace models`: lists the models that `--model` can name. */
export function listModels(place: Place, output: Output): Promise<number> {
  return withService(place, output.note, async (service) => {
    const models = await service.models();
    if (output.json) for (const model of models) output.write(model);
    else
      output.line(
        formatRows(
          ['model', 'file'],
          models.map(({ name, file }) => [name, file]),
        ),
      );
    return 0;
  });
}
