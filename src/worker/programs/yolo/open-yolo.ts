import type { SettingsOf } from '../../../programs/programs.ts';
import { openImages, readSource } from '../../image/image-rows.ts';
import type { FailedRow, InputRow, OpenProgram, Outcome, ProgramPlace } from '../../row-program.ts';
import { optionPath } from '../../volume-path.ts';
import { type DetectedImage, loadDetector } from './detector.ts';

/** Detects objects in the images that rows name. @throws {MillraceError} OUTSIDE_VOLUMES, MODEL_…, DEVICE_UNAVAILABLE, WRONG_OPTION */
export async function openYolo(settings: SettingsOf<'yolo'>, place: ProgramPlace): Promise<OpenProgram> {
  const { volumes, threads, log } = place;
  const images = await openImages(settings.image_dir, volumes);
  const { path, root } = optionPath('--model', settings.model, volumes);
  const { device, confidence, iou } = settings;
  const [maxDetections, imageSize] = [settings.max_detections, settings.image_size];
  const detector = await loadDetector(
    { modelFile: path, modelRoot: root, device, threads, confidence, iou, maxDetections, imageSize },
    readSource,
  );
  log.info({ model: detector.model }, 'model loaded');
  const process = async (rows: readonly InputRow[]) => (await detector.detect(images(rows))).map(outcomeOf);
  return { process, close: detector.close };
}

function outcomeOf(image: DetectedImage | FailedRow): Outcome {
  if ('error' in image) return image;
  const outputs = image.detections.map(({ classId, className, score, x1, y1, x2, y2 }) => [
    classId,
    className,
    score,
    x1,
    y1,
    x2,
    y2,
  ]);
  return { outputs, timings: image.timings };
}
