import { workerData } from 'node:worker_threads';
import { serveInference } from '../../model/serve-inference.ts';
import { type Candidate, isFiniteBox } from './candidates.ts';
import { type DetectorSettings, openDetectorSession } from './detector-session.ts';
import { suppress } from './non-maximum-suppression.ts';

const { confidence, iou, maxDetections, ...settings } = workerData as DetectorSettings;

serveInference(async () => {
  const { model, run, read } = await openDetectorSession(settings);
  return { model, run, read: (output, picture) => boxesOf(read(output, picture, confidence)) };
});

function boxesOf(candidates: readonly Candidate[]): readonly Candidate[] | null {
  if (!candidates.every(isFiniteBox)) return null;
  return suppress(candidates, iou, maxDetections);
}
