import { MillraceError } from '../errors.ts';
import type { Explanation, PlanPicture } from '../service/explain.ts';
import { writePicture } from './write-picture.ts';

/** Writes the pictures of plans. @returns the files @throws {MillraceError} NO_PICTURE, OUTPUT_FAILED */
export async function plotPlan(file: string, { pictures }: Explanation): Promise<readonly string[]> {
  if (pictures.length === 0) {
    throw new MillraceError('NO_PICTURE', 'the program has no TO FIND', {
      hint: 'leave out --plot: only plans of TO FIND are drawn',
    });
  }
  return writePictures(file, pictures);
}

/**
 * Writes a picture; of several steps one each, with the name of its step before the ending: `plan.step-2.svg`.
 * @returns the files
 * @throws {MillraceError} OUTPUT_FAILED
 */
export async function writePictures(file: string, pictures: readonly PlanPicture[]): Promise<readonly string[]> {
  const files = pictures.map(({ step, svg }) => ({ svg, path: pictures.length === 1 ? file : withStep(file, step) }));
  for (const { path, svg } of files) await writePicture(path, svg);
  return files.map(({ path }) => path);
}

function withStep(file: string, step: string): string {
  return file.endsWith('.svg') ? `${file.slice(0, -'.svg'.length)}.${step}.svg` : `${file}.${step}`;
}
