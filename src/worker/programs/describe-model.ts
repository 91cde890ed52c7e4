import type { ModelSettings } from '../model/session.ts';
import { openDetectorSession } from './yolo/detector-session.ts';

/** What a model file is, in a line. @throws {MillraceError} why it cannot be run */
export async function describeModel(settings: ModelSettings): Promise<string> {
  const { model } = await openDetectorSession(settings);
  const { width, height } = model.imageSize;
  return `${model.family}, ${model.classNames.length} classes, ${width}×${height} px`;
}
