import { createHash } from 'node:crypto';
import type { SettingsOf } from '../../../programs/programs.ts';
import type { EncodedImage, ImageSource } from '../../image/encoded-image.ts';
import type { FailedRow } from '../../row-program.ts';
import { chosenClasses } from './chosen-classes.ts';
import type { DetectedImage, Detection } from './detector.ts';

type Detected = DetectedImage | FailedRow;

/** Images whose detections get the errors of a simulated model. */
interface Erring {
  readonly sources: readonly ImageSource[];
  erring(detected: readonly Detected[]): readonly Detected[];
}

type SimulatedModel = Pick<SettingsOf<'detect'>, 'model' | 'latency' | 'accuracy' | 'class_coverage'>;

/**
 * Errors of a model that is right with a probability: each of its other detections has another of the classes that it knows, and is missing if
 * it knows but one. The thesis's program replaces every n-th detection by a random class; here, the bytes of the image and the settings of
 * the model decide, so that a run that is repeated or resumed makes the same errors, and two models make different ones.
 */
export function errorsOf(
  settings: SimulatedModel,
  classNames: readonly string[],
): (sources: readonly ImageSource[]) => Erring {
  const wrongClass = classErrors(settings, classNames);
  if (wrongClass === null) return (sources) => ({ sources, erring: (detected) => detected });
  return (sources) => {
    const images = new Map<number, string>();
    const read = async (source: ImageSource, at: number) => {
      const image = await source.read();
      images.set(at, seedOf(image));
      return image;
    };
    const witnessed = sources.map((source, at) => ({ read: () => read(source, at) }));
    const err = (detection: Detection, image: string, at: number): Detection | null => {
      const classId = wrongClass(detection.classId, image, at);
      if (classId === null || classId === detection.classId) return classId === null ? null : detection;
      return { ...detection, classId, className: classNames[classId] ?? `class ${classId}` };
    };
    const withErrors = (detected: Detected, at: number): Detected => {
      if ('error' in detected) return detected;
      const detections = detected.detections.map((detection, no) => err(detection, images.get(at) ?? '', no));
      return { ...detected, detections: detections.filter((detection) => detection !== null) };
    };
    return { sources: witnessed, erring: (detected) => detected.map(withErrors) };
  };
}

/** The class of a detection as the simulated model gives it; null: it misses the detection. @param at the detection's place among those of the image */
type ClassError = (classId: number, seed: string, at: number) => number | null;

/** The errors by themselves; null: the model makes none. */
export function classErrors(settings: SimulatedModel, classNames: readonly string[]): ClassError | null {
  const { accuracy, class_coverage: coverage } = settings;
  if (accuracy === null) return null;
  const known = [...(chosenClasses(coverage, classNames) ?? classNames.keys())];
  const model = JSON.stringify([settings.model, settings.latency, accuracy, coverage]);
  return (classId, seed, at) => {
    const [isRight, which] = draws(`${model} ${seed} ${at}`);
    if (isRight! < accuracy) return classId;
    const others = known.filter((other) => other !== classId);
    return others[Math.floor(which! * others.length)] ?? null;
  };
}

/** What an image contributes to its errors. */
export function seedOf({ bytes }: Pick<EncodedImage, 'bytes'>): string {
  return createHash('sha1').update(bytes).digest('hex');
}

/** Two numbers from 0 to below 1 that the seed determines. */
function draws(seed: string): readonly number[] {
  const digest = createHash('sha1').update(seed).digest();
  return [0, 4].map((at) => digest.readUInt32BE(at) / 2 ** 32);
}
