import { MillraceError } from '../errors.ts';
import type { Deployment } from './workflow.ts';

/** @throws {MillraceError} TRAINER_IMAGE_MISSING */
export function trainerImageOf({ trainerImage: image }: Deployment): string {
  if (image !== null) return image;
  throw new MillraceError(
    'TRAINER_IMAGE_MISSING',
    'MILLRACE_TRAINER_IMAGE is not set, so TO TRAIN and TO EXPLAIN cannot run on Kubernetes',
  );
}
