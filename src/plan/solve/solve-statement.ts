import type { OptimizeStatement, RunStatement } from '../../sql/statement.ts';
import { runAttributes } from '../attributes.ts';
import { workerImage } from '../worker-image.ts';

/** `TO MAXIMIZE …` as the `TO RUN` that does it, for the checks that all of them share. */
export function solveAsRun({ span, query, objective, attributes, into }: OptimizeStatement): RunStatement {
  const own = attributes.filter(({ name }) => Object.hasOwn(runAttributes, name));
  return { kind: 'run', span, query, image: workerImage(objective.span), command: [], attributes: own, into: [into] };
}
