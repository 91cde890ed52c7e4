import { type Catalog, tableKey } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import type { ProgramName } from '../programs/programs.ts';
import type { EvaluateStatement, RunStatement, StringLiteral } from '../sql/statement.ts';
import { runAttributes } from './attributes.ts';
import { labelTable, withLabels } from './label-tables.ts';
import { findModel, readsColumns } from './model-catalog.ts';
import { isPlace } from './paths.ts';
import { verbOptions } from './verb-options.ts';
import { workerImage } from './worker-image.ts';

/**
 * `TO EVALUATE model WITH … LABEL … INTO table` as the `TO RUN` that does it: attributes that are options of the program become options of
 * its command. All checks of TO RUN then apply, with their places in the text. A model of a table has no command: the planner makes its settings.
 */
export function evaluateAsRun(
  statement: EvaluateStatement,
  catalog: Catalog,
  isFirst: boolean,
  report: (error: MillraceError) => void,
): RunStatement {
  const { span, model, label, into } = statement;
  if (isOfTable(statement, catalog)) {
    const attributes = statement.attributes.filter(({ name }) => Object.hasOwn(runAttributes, name));
    const image = workerImage(model.span);
    return { kind: 'run', span, query: statement.query, image, command: [], attributes, into: [into] };
  }
  const program = programFor(statement, catalog);
  if (isFirst) checkLabels(statement, catalog, report);
  const decided = ['model', 'labels'];
  const { attributes, options } = verbOptions(statement.attributes, program, decided, 'TO EVALUATE', report);
  const literal = (value: string, at: StringLiteral['span']): StringLiteral => ({ kind: 'string', value, span: at });
  const command = [
    literal(program, model.span),
    literal(`--model=${model.text}`, model.span),
    literal(`--labels=${label.text}`, label.span),
    ...options,
  ];
  const image = workerImage(model.span);
  const query =
    program === 'evaluate' || !isSelected(statement, catalog)
      ? withLabels(statement.query, statement.label, catalog)
      : statement.query;
  return { kind: 'run', span, query, image, command, attributes, into: [into] };
}

/** Whether the model reads columns. One that does not exist is taken for such a model if the label is a column, and then reported as unknown. */
function isOfTable(statement: EvaluateStatement, catalog: Catalog): boolean {
  const { text } = statement.model;
  const model = findModel(text, catalog);
  if (model !== null) return readsColumns(model);
  const mayBeFile = catalog.otherModels || isPlace(text);
  return !mayBeFile && isSelected(statement, catalog);
}

/** An earlier statement of the program may make the table. */
function checkLabels(statement: EvaluateStatement, catalog: Catalog, report: (error: MillraceError) => void): void {
  const { text, span } = statement.label;
  const table = labelTable(text, catalog);
  if (isSelected(statement, catalog) || catalog.labels?.[tableKey(table)] !== null) return;
  const message = `the table of labels ${tableKey(table)} does not exist`;
  report(new MillraceError('LABELS_UNUSABLE', message, { span, hint: 'name a table, such as coco_val.annotations' }));
}

const boxes = [
  ['x', 'y', 'width', 'height'],
  ['x1', 'y1', 'x2', 'y2'],
];

/** Labels with boxes are those of a detector. A table that the program itself makes is not known; then it has boxes. */
function programFor(statement: EvaluateStatement, catalog: Catalog): ProgramName {
  if (isSelected(statement, catalog)) return 'evaluate-classifier';
  const columns = catalog.labels?.[tableKey(labelTable(statement.label.text, catalog))]?.map((name) =>
    name.toLowerCase(),
  );
  if (columns === undefined) return 'evaluate';
  return boxes.some((names) => names.every((name) => columns.includes(name))) ? 'evaluate' : 'evaluate-classifier';
}

function isSelected({ label, query }: EvaluateStatement, catalog: Catalog): boolean {
  const facts = catalog.queries[query.text];
  return facts?.kind === 'columns' && facts.columns.some((name) => name.toLowerCase() === label.text.toLowerCase());
}
