import type { Catalog } from '../../catalog/catalog.ts';
import { MillraceError } from '../../errors.ts';
import type {
  PredictionTarget,
  PredictStatement,
  RunStatement,
  StringLiteral,
  TableName,
} from '../../sql/statement.ts';
import { runAttributes } from '../attributes.ts';
import { findModel } from '../model-catalog.ts';
import { verbOptions } from '../verb-options.ts';
import { workerImage } from '../worker-image.ts';

type Report = (error: MillraceError) => void;

/** Programs that show models pictures. */
const pictureModels = { detector: 'detect', classifier: 'classify' } as const;

/**
 * `TO PREDICT table … USING model` as the `TO RUN` that does it. For a detector or a classifier it is the whole of it; for other models it
 * serves the checks that all of them share.
 */
export function predictAsRun(statement: PredictStatement, catalog: Catalog, report: Report): RunStatement {
  const { span, query, using } = statement;
  const common = { kind: 'run', span, query, image: workerImage(using.span) } as const;
  const kind = findModel(using.text, catalog)?.registered?.kind ?? 'tabular';
  if (kind === 'tabular') {
    const attributes = statement.attributes.filter(({ name }) => Object.hasOwn(runAttributes, name));
    return { ...common, command: [], attributes, into: [statement.into] };
  }
  const program = pictureModels[kind];
  const { attributes, options } = verbOptions(statement.attributes, program, ['model'], 'TO PREDICT', report);
  const literal = (value: string): StringLiteral => ({ kind: 'string', value, span: using.span });
  const command = [literal(program), literal(`--model=${using.text}`), ...options];
  return { ...common, command, attributes, into: [pictureTarget(statement.into, report)] };
}

/** A detector adds several columns, so the last part of `a.b` is the table's name. */
function pictureTarget({ database, table, column, span }: PredictionTarget, report: Report): TableName {
  if (column === null) return { database, table, span };
  if (database === null) return { database: table, table: column, span };
  const message = `the columns of a model of pictures have names of their own: it cannot fill the column '${column}'`;
  report(new MillraceError('WRONG_ATTRIBUTE', message, { span, hint: `write TO PREDICT ${database}.${table}` }));
  return { database, table, span };
}
