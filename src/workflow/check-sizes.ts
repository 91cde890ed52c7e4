import { MillraceError } from '../errors.ts';
import type { Workflow } from './workflow.ts';

/**
 * Bytes of a template's JSON, which Argo puts into a variable of the pod: Linux takes no longer one (MAX_ARG_STRLEN of execve(2)). Less
 * what Argo adds: a longer template goes into a ConfigMap, which its controller is not allowed everywhere to create.
 */
const mostTemplate = 131_072 - 16_384;
/** Bytes of all annotations together: TotalAnnotationSizeLimitB of k8s.io/apimachinery/pkg/api/validation. */
const mostAnnotations = 262_144;
/** Bytes of a workflow before it runs: with its status, it has to stay below the 1 MiB at which Argo gives up. */
const mostWorkflow = 393_216;

/** @returns what of the workflow Kubernetes, Argo or Linux would not take; null: nothing */
export function checkSizes({ metadata, spec }: Workflow): MillraceError | null {
  const templates = spec.templates ?? [];
  const long = templates.find((template) => bytes(template) > mostTemplate);
  if (long !== undefined)
    return tooLong(`the step behind ${long.name} takes ${bytes(long)} bytes, a pod ${mostTemplate}`);
  const annotations = Object.entries(metadata.annotations ?? {});
  const annotated = annotations.reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0);
  if (annotated > mostAnnotations) {
    return tooLong(`the statement takes ${annotated} bytes of a workflow's annotations, which hold ${mostAnnotations}`);
  }
  const whole = bytes({ metadata, spec });
  return whole > mostWorkflow ? tooLong(`the workflow takes ${whole} bytes of at most ${mostWorkflow}`) : null;
}

function tooLong(message: string): MillraceError {
  return new MillraceError('STATEMENT_TOO_LONG', message, {
    hint: 'put long lists of values into a table and select from it, or submit the program in parts',
  });
}

function bytes(value: unknown): number {
  // As Go writes it: https://pkg.go.dev/encoding/json#HTMLEscape
  return Buffer.byteLength(JSON.stringify(value).replace(/[<>&]/g, '\\u003c'));
}
