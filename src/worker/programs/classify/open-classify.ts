import { contractOf, type SettingsOf } from '../../../programs/programs.ts';
import type { ImageSource } from '../../image/encoded-image.ts';
import { openImages, readSource } from '../../image/image-rows.ts';
import { described } from '../../model/inference.ts';
import { loadModel } from '../../model/load-model.ts';
import { loadedDigest } from '../../model/loaded-digest.ts';
import type { Look } from '../../model/look-at-model.ts';
import { inBatches } from '../../model/picture-batches.ts';
import type { InputRow, OpenProgram, Outcome, OutputRow, ProgramPlace } from '../../row-program.ts';
import { optionPath } from '../../volume-path.ts';
import { bestClassRow, scoresRow } from '../class-rows.ts';
import { givenNames } from '../given-names.ts';
import { warnOfAssumedNames } from '../usual-names.ts';
import { bestClasses, type ScoredClass } from './best-classes.ts';
import { type ClassifierSettings, lookAtClassifier } from './classifier-model.ts';

/** Classifies the images that rows name. @throws {MillraceError} OUTSIDE_VOLUMES, MODEL_…, DEVICE_UNAVAILABLE, WRONG_OPTION */
export async function openClassify(settings: SettingsOf<'classify'>, place: ProgramPlace): Promise<OpenProgram> {
  const { volumes, log } = place;
  const images = await openImages(settings.image_dir, volumes);
  const modelSettings = await classifierSettings(settings, place);
  const look = (way: Look) => lookAtClassifier(modelSettings, way);
  const { looked, inference } = await loadModel(modelSettings, look, ({ preprocessing }) => ({
    preprocessing,
    reduction: null,
    constants: [],
  }));
  const { model, outputs, preprocessing } = looked;
  const { classNames, assumedNames, ...told } = model;
  log.info({ model: { ...told, ...described(inference) } }, 'model loaded');
  warnOfAssumedNames(log, assumedNames);
  const choice = { ...choiceOf(settings), givesLogits: model.givesLogits };
  const batches = inBatches<ImageSource, Outcome>({ inference, model, preprocessing }, readSource, {
    finds: 'a score',
    read: (answered, picture, _, timings) => {
      const classes = bestClasses(answered.get(outputs[0]!.name)!, picture, choice);
      return classes === null ? null : { outputs: rows[settings.output](classes, classNames), timings };
    },
  });
  const { columns } = contractOf('classify').result(settings, classNames);
  const process = (rows: readonly InputRow[]) => batches.run(images(rows));
  const { batch, device } = inference;
  const digest = loadedDigest(modelSettings.modelFile, looked.file.externalFiles.keys());
  return { columns, batch, model: { device, batch, digest }, process, close: batches.close };
}

/** Names of the model's classes. @throws {MillraceError} as `openClassify` does */
export async function classifierClassNames(
  settings: SettingsOf<'classify'>,
  place: ProgramPlace,
): Promise<readonly string[]> {
  const { model } = await lookAtClassifier(await classifierSettings(settings, place));
  return model.classNames;
}

async function classifierSettings(
  settings: SettingsOf<'classify'>,
  { volumes, threads }: ProgramPlace,
): Promise<ClassifierSettings> {
  const { path, root } = optionPath('--model', settings.model, volumes);
  const { device, batch, activation, normalization, image_size: imageSize } = settings;
  const names = await givenNames(settings, volumes);
  return { modelFile: path, modelRoot: root, device, threads, batch, imageSize, activation, normalization, names };
}

/** A row with all classes needs their scores, whatever they are. */
function choiceOf({ output, top, min_score }: SettingsOf<'classify'>): Pick<typeof everything, 'top' | 'min_score'> {
  return output === 'classes' ? { top, min_score } : everything;
}

const everything = { top: Number.POSITIVE_INFINITY, min_score: Number.NEGATIVE_INFINITY };

type Rows = (classes: readonly ScoredClass[], names: readonly string[]) => readonly OutputRow[];

const rows: { readonly [Output in SettingsOf<'classify'>['output']]: Rows } = {
  classes: (classes, names) => classes.map(({ classId, score }) => [classId, names[classId]!, score]),
  scores: (classes) => [scoresRow(byClass(classes))],
  top5: (classes, names) => [bestClassRow(byClass(classes), names)],
};

function byClass(classes: readonly ScoredClass[]): readonly number[] {
  const scores: number[] = [];
  for (const { classId, score } of classes) scores[classId] = score;
  return scores;
}
