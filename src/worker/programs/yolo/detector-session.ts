import { MillraceError } from '../../../errors.ts';
import type { ImageModel } from '../../model/model.ts';
import { type ModelSession, type ModelSettings, openModel } from '../../model/session.ts';
import type { ReadCandidates } from './candidates.ts';
import { type Family, otherByNames, recogniseFamily, supportedFamilies } from './family.ts';

export interface DetectorSettings extends ModelSettings {
  readonly confidence: number;
  readonly iou: number;
  readonly maxDetections: number;
}

export interface DetectorModel extends ImageModel {
  readonly family: Family['name'];
}

export interface DetectorSession extends Pick<ModelSession, 'run'> {
  readonly model: DetectorModel;
  readonly read: ReadCandidates;
}

const detector = { name: 'a detector', usualSize: 640, usualStride: 32 };

/** @throws MillraceError whatever `openModel` throws; MODEL_UNSUPPORTED where it is not a detector of a known family */
export async function openDetectorSession(settings: ModelSettings): Promise<DetectorSession> {
  const { model, file, outputs, run } = await openModel(settings, detector, refuseOthers);
  const { classNames, imageSize: size } = model;
  const names = classNames.length === 0 ? null : classNames.length;
  const family = recogniseFamily(outputs, { names, task: file.metadata.get('task'), size });
  return { model: { ...model, family: family.name }, read: family.read, run };
}

function refuseOthers(outputs: readonly string[]): void {
  const other = otherByNames(outputs);
  if (other === null) return;
  const message = `the model looks like ${other}: outputs ${outputs.join(', ')}`;
  throw new MillraceError('MODEL_UNSUPPORTED', message, { hint: supportedFamilies });
}
