import type { SettingsOf } from '../../../programs/programs.ts';
import type { ImageSource } from '../../image/encoded-image.ts';
import { openImages, readSource } from '../../image/image-rows.ts';
import { described, startInference } from '../../model/inference.ts';
import { inBatches } from '../../model/picture-batches.ts';
import type { OpenProgram, Outcome, OutputRow, ProgramPlace } from '../../row-program.ts';
import { optionPath } from '../../volume-path.ts';
import { bestClasses, type ScoredClass } from './best-classes.ts';
import { type ClassifierModel, lookAtClassifier } from './classifier-model.ts';

/** Classifies the images that rows name. @throws {MillraceError} OUTSIDE_VOLUMES, MODEL_…, DEVICE_UNAVAILABLE, WRONG_OPTION */
export async function openClassify(settings: SettingsOf<'classify'>, place: ProgramPlace): Promise<OpenProgram> {
  const { volumes, threads, log } = place;
  const images = await openImages(settings.image_dir, volumes);
  const { path, root } = optionPath('--model', settings.model, volumes);
  const { device, top, min_score, activation, normalization, image_size: imageSize } = settings;
  const modelSettings = { modelFile: path, modelRoot: root, device, threads, imageSize };
  const looked = await lookAtClassifier({ ...modelSettings, activation, normalization });
  const { model, outputs, preprocessing } = looked;
  const use = { preprocessing, reduction: null, constants: [] };
  const inference = await startInference({ ...looked, use, settings: modelSettings });
  log.info({ model: { ...model, ...described(inference) } }, 'model loaded');
  const choice = { top, min_score, givesLogits: model.givesLogits };
  const classifyImages = inBatches<ImageSource, Outcome>({ inference, model, preprocessing }, readSource, {
    finds: 'a score',
    read: (answered, picture, _, timings) => {
      const classes = bestClasses(answered.get(outputs[0]!.name)!, picture, choice);
      return classes === null ? null : { outputs: classes.map((each) => outputRow(each, model)), timings };
    },
  });
  return { process: (rows) => classifyImages(images(rows)), close: inference.close };
}

function outputRow({ classId, score }: ScoredClass, { classNames }: ClassifierModel): OutputRow {
  return [classId, classNames[classId] ?? `class ${classId}`, score];
}
