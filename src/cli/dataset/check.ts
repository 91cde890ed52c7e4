import type { Config } from '../../config.ts';
import { checkBoxes } from '../../dataset/check/check-boxes.ts';
import { requireDataset } from '../../dataset/import/existing.ts';
import { errorKinds } from '../../errors.ts';
import type { Output } from '../output.ts';
import { withTables } from './dataset-pool.ts';
import { lookAtPictures } from './pictures.ts';
import { boxLines, isClean, pictureLines } from './report.ts';

/** `millrace dataset check NAME`: reports boxes and pictures. @returns 0 only if every picture is as the table says */
export function checkDataset(
  name: string,
  { images }: { readonly images?: string | undefined },
  { config, environment }: { readonly config: Config; readonly environment: NodeJS.ProcessEnv },
  output: Output,
): Promise<number> {
  return withTables(config, environment, output.note, async (pool) => {
    await requireDataset(pool, name);
    const boxes = await checkBoxes(pool, name);
    const pictures = images === undefined ? null : await lookAtPictures(pool, name, images, output);
    if (output.json) output.write({ dataset: name, boxes, pictures });
    else
      for (const line of [...boxLines(boxes), ...(pictures === null ? [] : pictureLines(pictures))]) output.line(line);
    return pictures === null || isClean(pictures) ? 0 : errorKinds.run.exitCode;
  });
}
