import type { Catalog } from '../../catalog/catalog.ts';
import type { FindStatement, RunStatement } from '../../sql/statement.ts';
import { runAttributes } from '../attributes.ts';
import { labelsNamedBy, withLabels } from '../label-tables.ts';
import { workerImage } from '../worker-image.ts';

/** `TO FIND expression WITH … INTO table` as the TO RUN that does it. What it finds is read by `readFind`. */
export function findAsRun(statement: FindStatement, catalog: Catalog): RunStatement {
  const { span, predicate, into } = statement;
  const attributes = statement.attributes.filter(({ name }) => Object.hasOwn(runAttributes, name));
  const command = [{ kind: 'string', value: 'find', span: predicate.span }] as const;
  const labels = labelsNamedBy(statement);
  const query = labels === null ? statement.query : withLabels(statement.query, labels, catalog);
  return { kind: 'run', span, query, image: workerImage(predicate.span), command, attributes, into: [into] };
}
