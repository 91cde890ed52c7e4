import type { ExplainStatement, RunStatement } from '../../sql/statement.ts';
import { runAttributes } from '../attributes.ts';
import { workerImage } from '../worker-image.ts';

/** `TO EXPLAIN model …` as the `TO RUN` that does it, for the checks that all of them share. */
export function explainAsRun({ span, query, model, attributes, into }: ExplainStatement): RunStatement {
  const own = attributes.filter(({ name }) => Object.hasOwn(runAttributes, name));
  const image = workerImage(model.span);
  return { kind: 'run', span, query, image, command: [], attributes: own, into: into === null ? [] : [into] };
}
