import { MillraceError } from '../errors.ts';
import { quoteToken } from './split-errors.ts';
import type { Reference } from './statement.ts';

/** Limits of what a model can be called, so that `name@3` and `/models/name.onnx` always mean one thing. */
const modelName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** The error for the name of a new model; null: it can be called so. */
export function modelNameError({ text, span }: Reference): MillraceError | null {
  if (modelName.test(text)) return null;
  return new MillraceError('MODEL_NAME', `a model cannot be called ${quoteToken(text)}`, { span });
}
