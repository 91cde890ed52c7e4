import { MillraceError } from '../../errors.ts';
import type { Size } from '../image/letterbox.ts';
import { unreadableModel } from './model-file.ts';
import { runtimeReason } from './runtime-reason.ts';

/** @param usual size of the model's input */
export function inferenceFailed(error: unknown, size: Size, usual = size): MillraceError {
  const { width, height } = size;
  const message = `the runtime fails on images of ${width} x ${height} px: ${runtimeReason(error)}`;
  const isUsual = width === usual.width && height === usual.height;
  const hint = isUsual
    ? 'give the --image_size that the model was exported for, a smaller one, or more memory'
    : 'leave --rect out, or export the model for any size';
  return new MillraceError('INFERENCE_FAILED', message, { hint, cause: error });
}

const versions = [
  { pattern: /IR version: (\d+), max supported IR version: (\d+)/, name: 'IR version' },
  { pattern: /Opset (\d+) is under development.*till opset (\d+)/s, name: 'opset' },
];

/** The runtime has read the file and does not take it. */
export function refusedModel(file: string, cause: unknown): MillraceError {
  const message = cause instanceof Error ? cause.message : String(cause);
  for (const { pattern, name } of versions) {
    const [, has, most] = pattern.exec(message) ?? [];
    if (has === undefined) continue;
    const hint = `export the model again with ${name} ${most} or less`;
    return unreadableModel(file, `has ONNX ${name} ${has}; the runtime knows those up to ${most}`, hint, cause);
  }
  const hint = 'copy the file again, or export the model with opset 17';
  return unreadableModel(file, `cannot be loaded; the runtime says: ${runtimeReason(cause)}`, hint, cause);
}
