import { createHash } from 'node:crypto';
import type { SettingsOf } from '../../../programs/programs.ts';
import type { ImageSource } from '../../image/encoded-image.ts';
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
  const { accuracy, class_coverage: coverage } = settings;
  if (accuracy === null) return (sources) => ({ sources, erring: (detected) => detected });
  const known = [...(chosenClasses(coverage, classNames) ?? classNames.keys())];
  const model = JSON.stringify([settings.model, settings.latency, accuracy, coverage]);
  return (sources) => {
    const images = new Map<number, string>();
    const read = async (source: ImageSource, at: number) => {
      const image = await source.read();
      images.set(at, createHash('sha1').update(image.bytes).digest('hex'));
      return image;
    };
    const witnessed = sources.map((source, at) => ({ read: () => read(source, at) }));
    const err = (detection: Detection, image: string, at: number) => {
      const [isRight, which] = draws(`${model} ${image} ${at}`);
      return isRight! < accuracy ? detection : wrong(detection, which!, known, classNames);
    };
    const withErrors = (detected: Detected, at: number): Detected => {
      if ('error' in detected) return detected;
      const detections = detected.detections.map((detection, no) => err(detection, images.get(at) ?? '', no));
      return { ...detected, detections: detections.filter((detection) => detection !== null) };
    };
    return { sources: witnessed, erring: (detected) => detected.map(withErrors) };
  };
}

/** Two numbers from 0 to below 1 that the seed determines. */
function draws(seed: string): readonly number[] {
  const digest = createHash('sha1').update(seed).digest();
  return [0, 4].map((at) => digest.readUInt32BE(at) / 2 ** 32);
}

function wrong(
  detection: Detection,
  draw: number,
  known: readonly number[],
  classNames: readonly string[],
): Detection | null {
  const others = known.filter((classId) => classId !== detection.classId);
  const classId = others[Math.floor(draw * others.length)];
  return classId === undefined ? null : { ...detection, classId, className: classNames[classId] ?? `class ${classId}` };
}
