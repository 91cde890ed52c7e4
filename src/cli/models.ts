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
          ['model', 'version', 'kind', 'classes', 'file', 'mAP', 'images/s'],
          models.map(({ name, version, kind, classes, file, base, map, imagesPerSecond }) => [
            ...[name, version, kind, classes, file ?? (base === null ? 'in the database' : `like ${base}`)],
            ...[map?.toFixed(3) ?? null, imagesPerSecond?.toFixed(1) ?? null],
          ]),
        ),
      );
    return 0;
  });
}
