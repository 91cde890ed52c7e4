import { MillraceError } from '../errors.ts';
import type { Workflow } from './workflow.ts';

/**
 * Maximum bytes of a template's JSON. Argo passes it in a variable of the pod, whose length Linux limits (MAX_ARG_STRLEN of execve(2));
 * the difference is for what Argo adds. For a longer template, Argo needs the right to create ConfigMaps, which it may not have.
 */
const mostTemplate = 131_072 - 16_384;
/** Maximum bytes of all annotations together: TotalAnnotationSizeLimitB of k8s.io/apimachinery/pkg/api/validation. */
const mostAnnotations = 262_144;
/** Maximum bytes of a workflow before it runs. With its status, it must stay below 1 MiB, the limit of Argo. */
const mostWorkflow = 393_216;

/** @returns an error if a part of the workflow is too large for Kubernetes, Argo or Linux; null: it fits */
export function checkSizes({ metadata, spec }: Workflow): MillraceError | null {
  const templates = spec.templates ?? [];
  const long = templates.find((template) => bytes(template) > mostTemplate);
  if (long !== undefined)
    return tooLong(`the step of ${long.name} takes ${bytes(long)} bytes; a pod can take ${mostTemplate}`);
  const annotations = Object.entries(metadata.annotations ?? {});
  const annotated = annotations.reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0);
  if (annotated > mostAnnotations) {
    return tooLong(
      `the statement takes ${annotated} bytes in a workflow's annotations, which can hold ${mostAnnotations}`,
    );
  }
  const whole = bytes({ metadata, spec });
  return whole > mostWorkflow ? tooLong(`the workflow takes ${whole} bytes; the maximum is ${mostWorkflow}`) : null;
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
