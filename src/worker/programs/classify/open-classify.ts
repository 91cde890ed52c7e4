import { Worker } from 'node:worker_threads';
import type { SettingsOf } from '../../../programs/programs.ts';
import { openImageFolder, processImages } from '../../image/image-rows.ts';
import { packCentre } from '../../image/pack-centre.ts';
import { type Inference, startInference } from '../../model/inference.ts';
import { inBatches } from '../../model/picture-batches.ts';
import type { OpenProgram, Outcome, ProgramPlace } from '../../row-program.ts';
import { optionPath } from '../../volume-path.ts';
import type { ScoredClass } from './best-classes.ts';
import type { ClassifierModel, ClassifierSettings } from './classifier-session.ts';

/** Classifies the images that rows name. @throws {MillraceError} OUTSIDE_VOLUMES, MODEL_…, DEVICE_UNAVAILABLE, WRONG_OPTION */
export async function openClassify(settings: SettingsOf<'classify'>, place: ProgramPlace): Promise<OpenProgram> {
  const { volumes, threads, log } = place;
  const folder = await openImageFolder(settings.image_dir, volumes);
  const { path, root } = optionPath('--model', settings.model, volumes);
  const { device, top, min_score, activation, normalization, image_size: imageSize } = settings;
  const choice = { top, min_score, activation, normalization };
  const workerData: ClassifierSettings = { modelFile: path, modelRoot: root, device, threads, imageSize, ...choice };
  const thread = new Worker(new URL('./inference-thread.ts', import.meta.url), { workerData });
  const inference: Inference<ClassifierModel, readonly ScoredClass[]> = await startInference(thread);
  const { model, close } = inference;
  log.info({ model }, 'model loaded');
  const classifyFiles = inBatches<readonly ScoredClass[], void, Outcome>(inference, folder.root, {
    finds: 'a score',
    pack: (pixels, slot) => packCentre(pixels, model.imageSize, model.isNormalized, slot),
    result: (classes, _, __, timings) => ({
      outputs: classes.map(({ classId, score }) => [classId, model.classNames[classId] ?? `class ${classId}`, score]),
      timings,
    }),
  });
  return { process: (rows) => processImages(rows, folder, volumes, classifyFiles), close };
}
