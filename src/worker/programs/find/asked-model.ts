import type { AnswerKey } from '../../../answer-store.ts';
import { modelDigest } from '../../../onnx/model-digest.ts';
import type { CascadeModel } from '../../../programs/cascade.ts';
import { detectorFamilies } from '../../../programs/detector-families.ts';
import type { SettingsOf } from '../../../programs/programs.ts';
import type { PlacingRules } from '../../image/placing.ts';
import { described, type Inference, onAllGpus, startAlone } from '../../model/inference.ts';
import { loadModel } from '../../model/load-model.ts';
import type { Look, LookedModel } from '../../model/look-at-model.ts';
import type { Outputs } from '../../model/model.ts';
import type { Preprocessing } from '../../model/preprocessing.ts';
import type { SessionPlan } from '../../model/session.ts';
import { withLatency } from '../../model/with-latency.ts';
import type { ProgramPlace } from '../../row-program.ts';
import { optionPath } from '../../volume-path.ts';
import { bestClasses, type ScoredClass } from '../classify/best-classes.ts';
import { lookAtClassifier } from '../classify/classifier-model.ts';
import { boxesOf, startDetector } from '../detect/detector.ts';
import { classErrors } from '../detect/simulated-errors.ts';
import { warnOfAssumedNames } from '../usual-names.ts';

/** A model that answers what a picture shows. */
export interface AskedModel {
  readonly inference: Inference;
  /** How it is given pictures. */
  readonly input: PlacingRules;
  /** Whether a batch must have all of its places, used or not. */
  readonly isPadded: boolean;
  /** What it finds, for people: `a box`. */
  readonly finds: string;
  readonly digest: string;
  /** On which its answers depend besides the picture; null: they are not stored, for it is simulated. */
  readonly key: Omit<AnswerKey, 'imageDigest'> | null;
  /** Its answers hold all scores above this one. */
  readonly floor: number;
  /** Whether the picture's bytes decide errors that it simulates. */
  readonly isErring: boolean;
  /** @param picture its place in the batch. @returns null: an output is infinite or not a number */
  read(outputs: Outputs, picture: number): Seen | null;
  /** Number of objects by class id. @param seed of the picture, if the model is erring */
  count(seen: Seen, seed: string): ReadonlyMap<number, number>;
  /** Ids of the classes with this name. */
  idsOf(className: string): readonly number[];
}

/** Objects, or the best class of the picture: the highest score first. */
export type Seen = readonly ScoredClass[];

type FindSettings = SettingsOf<'find'>;

/** The lowest score that is stored, so that most other confidences can be answered later. */
const storedFloor = 0.1;

/**
 * Opens all models of a cascade, each once. Each runs once before any gets a second thread of a GPU: if their memory does not suffice for
 * all of them, that is known before the first picture.
 * @returns a model for each of `cascade.models`
 * @throws {MillraceError} OUTSIDE_VOLUMES, MODEL_…, DEVICE_UNAVAILABLE, WRONG_OPTION
 */
export async function openModels(settings: FindSettings, place: ProgramPlace): Promise<readonly AskedModel[]> {
  const { models } = settings.cascade;
  const opened = new Map<string, Started>();
  try {
    for (const model of models) {
      const name = nameOf(model);
      const start = model.kind === 'detector' ? startAskedDetector : startAskedClassifier;
      if (!opened.has(name)) opened.set(name, await start(model, settings, place));
    }
    const asked = new Map<string, AskedModel>();
    for (const model of models) {
      const name = nameOf(model);
      const { plan, asked: alone } = opened.get(name)!;
      if (asked.has(name)) continue;
      const inference = await onAllGpus(alone.inference, plan);
      asked.set(name, { ...alone, inference: withLatency(inference, model.simulation?.latency ?? null) });
    }
    return models.map((model) => asked.get(nameOf(model))!);
  } catch (error) {
    await Promise.all([...opened.values()].map(({ asked }) => asked.inference.close()));
    throw error;
  }
}

/** Entries of a cascade with the same name are the same model, which is asked about other classes. */
function nameOf({ file, kind, classNames, simulation }: CascadeModel): string {
  return JSON.stringify([file, kind, classNames, simulation]);
}

interface Started {
  readonly plan: SessionPlan;
  readonly asked: AskedModel;
}

async function startAskedDetector(
  { name, file, classNames, simulation }: CascadeModel,
  settings: FindSettings,
  place: ProgramPlace,
): Promise<Started> {
  const { confidence, max_detections: most } = settings;
  const modelSettings = commonSettings(file, settings, place);
  const coverage = simulation?.classCoverage?.map(String) ?? null;
  const floor = simulation === null ? Math.min(confidence, storedFloor) : confidence;
  const use = { names: classNames, coverage, confidence: floor, iou: settings.iou };
  const { looked, inference, plan } = await startDetector(
    { ...modelSettings, ...use, maxDetections: most },
    startAlone,
  );
  const { family, classNames: names, assumedNames } = looked.model;
  tell(name, looked.model, inference, place);
  warnOfAssumedNames(place.log, assumedNames);
  const selection = looked.selection;
  // Fewer detections are the first ones of more.
  const kept = {
    ...selection,
    maxDetections: Math.max(selection.maxDetections, detectorFamilies[family].maxDetections),
  };
  const digest = await modelDigest(modelSettings.modelFile, looked.file.externalFiles.keys());
  const simulated = { model: file, latency: simulation?.latency ?? null, accuracy: simulation?.accuracy ?? null };
  const errorOf = classErrors({ ...simulated, class_coverage: coverage }, names);
  const key = {
    modelDigest: digest,
    ...looked.model.imageSize,
    iou: selection.iou,
    settings: `detector, ${kept.maxDetections} detections`,
  };
  const asked: AskedModel = {
    ...inputOf(looked, inference),
    finds: 'a box',
    digest,
    key: simulation === null ? key : null,
    floor,
    isErring: errorOf !== null,
    read: (outputs, picture) =>
      boxesOf(looked.read(outputs, picture, floor), kept)?.map(({ classId, score }) => ({ classId, score })) ?? null,
    count: (seen, seed) => {
      const counts = new Map<number, number>();
      for (const [at, { classId, score }] of seen.slice(0, selection.maxDetections).entries()) {
        const given = score > confidence ? (errorOf?.(classId, seed, at) ?? (errorOf === null ? classId : null)) : null;
        if (given !== null) counts.set(given, (counts.get(given) ?? 0) + 1);
      }
      return counts;
    },
    idsOf: idsByName(names),
  };
  return { plan, asked };
}

async function startAskedClassifier(
  { name, file, classNames }: CascadeModel,
  settings: FindSettings,
  place: ProgramPlace,
): Promise<Started> {
  const modelSettings = commonSettings(file, settings, place);
  const look = (way: Look) =>
    lookAtClassifier({ ...modelSettings, activation: 'auto', normalization: 'auto', names: classNames }, way);
  const use = ({ preprocessing }: { preprocessing: Preprocessing }) => ({
    preprocessing,
    reduction: null,
    constants: [],
  });
  const { looked, inference, plan } = await loadModel(modelSettings, look, use, startAlone);
  const { givesLogits, assumedNames, imageSize, classNames: names } = looked.model;
  tell(name, looked.model, inference, place);
  warnOfAssumedNames(place.log, assumedNames);
  const digest = await modelDigest(modelSettings.modelFile, looked.file.externalFiles.keys());
  const choice = { top: 1, min_score: Number.NEGATIVE_INFINITY, givesLogits };
  const asked: AskedModel = {
    ...inputOf(looked, inference),
    finds: 'a score',
    digest,
    key: { modelDigest: digest, ...imageSize, iou: null, settings: 'classifier' },
    // The best class is the best one, whatever its score.
    floor: 0,
    isErring: false,
    read: (outputs, picture) => bestClasses(outputs.get(looked.outputs[0]!.name)!, picture, choice),
    count: (seen) => new Map(seen.map(({ classId }) => [classId, 1])),
    idsOf: idsByName(names),
  };
  return { plan, asked };
}

function commonSettings(file: string, { device, batch }: FindSettings, { volumes, threads }: ProgramPlace) {
  const { path, root } = optionPath('--model', file, volumes);
  return { modelFile: path, modelRoot: root, device, threads, batch, imageSize: null };
}

function inputOf(
  { model, preprocessing }: LookedModel & { readonly preprocessing: Preprocessing },
  inference: Inference,
): Pick<AskedModel, 'inference' | 'input' | 'isPadded'> {
  const { placement, padding } = preprocessing;
  return {
    inference,
    input: { placement, padding, size: model.imageSize, stride: null },
    // A GPU pays more for a batch of another size than for a place that is not used.
    isPadded: model.batch !== null || inference.device === 'cuda',
  };
}

function tell(name: string, looked: LookedModel['model'], inference: Inference, { log }: ProgramPlace): void {
  const { classNames, ...model } = looked;
  log.info({ model: { name, ...model, classes: classNames.length, ...described(inference) } }, 'model loaded');
}

function idsByName(classNames: readonly string[]): (className: string) => readonly number[] {
  const ids = Map.groupBy(classNames.keys(), (id) => classNames[id]!.toLowerCase());
  return (className) => ids.get(className.toLowerCase()) ?? [];
}
