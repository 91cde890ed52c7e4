import type { Span } from '../errors.ts';
import type { ImageReference } from '../sql/statement.ts';

const worker = 'millrace/worker';

/** The image that runs what a verb asks for. @param span of what asks for it */
export function workerImage(span: Span): ImageReference {
  return { text: worker, name: worker, tag: null, digest: null, span };
}
