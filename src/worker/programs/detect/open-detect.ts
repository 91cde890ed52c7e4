import { contractOf, type SettingsOf } from '../../../programs/programs.ts';
import type { ImageSource } from '../../image/encoded-image.ts';
import { openImages, readSource } from '../../image/image-rows.ts';
import { loadedDigest } from '../../model/loaded-digest.ts';
import type { FailedRow, InputRow, OpenProgram, Outcome, OutputRow, ProgramPlace } from '../../row-program.ts';
import { optionPath } from '../../volume-path.ts';
import { bestClassRow, scoresRow } from '../class-rows.ts';
import { givenNames } from '../given-names.ts';
import { warnOfAssumedNames } from '../usual-names.ts';
import { type DetectedImage, type Detector, loadDetector } from './detector.ts';
import { type DetectorSettings, lookAtDetector } from './detector-model.ts';
import type { Extra } from './families/family.ts';
import { errorsOf } from './simulated-errors.ts';

/** Detects objects in the images that rows name. @throws {MillraceError} OUTSIDE_VOLUMES, MODEL_…, DEVICE_UNAVAILABLE, WRONG_OPTION */
export async function openDetect(
  settings: SettingsOf<'detect'>,
  place: ProgramPlace,
  { isMultiLabel }: Pick<DetectorSettings, 'isMultiLabel'> = {},
): Promise<OpenProgram> {
  const { volumes, log } = place;
  const images = await openImages(settings.image_dir, volumes);
  const modelSettings = { ...(await detectorSettings(settings, place)), isMultiLabel };
  const detector = await loadDetector(modelSettings, readSource);
  const { classNames, assumedNames, ...model } = detector.model;
  const batch = model.batch ?? 1;
  log.info({ model: { ...model, classes: classNames.length } }, 'model loaded');
  warnOfAssumedNames(log, assumedNames);
  const outcome = outcomes(settings, detector);
  const err = errorsOf(settings, classNames);
  const process = async (rows: readonly InputRow[]) => {
    const { sources, erring } = err(images(rows));
    return erring(await detector.detect(sources)).map(outcome);
  };
  const { columns } = contractOf('detect').result(settings, classNames);
  const digest = loadedDigest(modelSettings.modelFile, detector.weights);
  const open = { device: model.device, batch, digest };
  return { columns, batch, model: open, process, close: detector.close };
}

/** Names of the model's classes. @throws {MillraceError} as `openDetect` does */
export async function detectorClassNames(
  settings: SettingsOf<'detect'>,
  place: ProgramPlace,
): Promise<readonly string[]> {
  const { model } = await lookAtDetector(await detectorSettings(settings, place));
  return model.classNames;
}

async function detectorSettings(
  settings: SettingsOf<'detect'>,
  { volumes, threads }: ProgramPlace,
): Promise<DetectorSettings> {
  const { path, root } = optionPath('--model', settings.model, volumes);
  const { device, batch, family, classes, confidence, iou, agnostic_nms: isAgnostic, latency } = settings;
  const [maxDetections, imageSize] = [settings.max_detections, settings.image_size];
  const names = await givenNames(settings, volumes);
  const extras = extraNames.filter((extra) => settings[extra]);
  const use = {
    extras,
    family: family === 'auto' ? null : family,
    names,
    classes,
    coverage: settings.class_coverage,
    latency,
    confidence,
    iou,
    isAgnostic,
    maxDetections,
    inRectangles: settings.rect,
  };
  return { modelFile: path, modelRoot: root, device, threads, batch, imageSize, ...use };
}

function outcomes(
  settings: SettingsOf<'detect'>,
  { model }: Detector<ImageSource>,
): (image: DetectedImage | FailedRow) => Outcome {
  const rows = {
    boxes: (image: DetectedImage) =>
      boxRows(
        image,
        extraNames.filter((extra) => settings[extra]),
      ),
    scores: (image: DetectedImage) => [scoresRow(bestScores(image, model.classNames.length))],
    top5: (image: DetectedImage) => [bestClassRow(bestScores(image, model.classNames.length), model.classNames)],
  };
  return (image) => ('error' in image ? image : { outputs: rows[settings.output](image), timings: image.timings });
}

/** In the order of their columns. */
const extraNames = ['masks', 'keypoints', 'corners'] as const;

function boxRows({ detections }: DetectedImage, extras: readonly Extra[]): readonly OutputRow[] {
  return detections.map(({ classId, className, score, x1, y1, x2, y2, extras: found }) => [
    classId,
    className,
    score,
    x1,
    y1,
    x2,
    y2,
    ...extras.map((extra) => found[extra] ?? null),
  ]);
}

/** By class the score of its best detection; 0: none. */
function bestScores({ detections }: DetectedImage, classes: number): Float64Array {
  const scores = new Float64Array(classes);
  for (const { classId, score } of detections) if (score > (scores[classId] ?? 1)) scores[classId] = score;
  return scores;
}
