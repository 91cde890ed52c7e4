import { type Catalog, tableKey } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import { contractOf, type ProgramName } from '../programs/programs.ts';
import type { Attribute, EvaluateStatement, RunStatement, StringLiteral } from '../sql/statement.ts';
import { attributeText } from './attribute-text.ts';
import { runAttributes } from './attributes.ts';
import { labelTable, withLabels } from './label-tables.ts';
import { unknownAttribute } from './read-attributes.ts';
import { workerImage } from './worker-image.ts';

/**
 * `TO EVALUATE model WITH … LABEL … INTO table` as the `TO RUN` that does it: attributes that are options of the program become options of
 * its command. All checks of TO RUN then apply, with their places in the text.
 */
export function evaluateAsRun(
  statement: EvaluateStatement,
  catalog: Catalog,
  isFirst: boolean,
  report: (error: MillraceError) => void,
): RunStatement {
  const { span, model, label, into } = statement;
  const program = programFor(statement, catalog);
  if (isFirst) checkLabels(statement, catalog, report);
  const attributes = statement.attributes.filter(({ name }) => Object.hasOwn(runAttributes, name));
  const options = statement.attributes
    .filter(({ name }) => !Object.hasOwn(runAttributes, name))
    .flatMap((attribute) => optionOf(attribute, program, report) ?? []);
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

function optionOf(
  attribute: Attribute,
  program: ProgramName,
  report: (error: MillraceError) => void,
): StringLiteral | null {
  const { name, value } = attribute;
  const { options, aliases, optionsElsewhere } = contractOf(program);
  const own = Object.keys(options).filter((each) => each !== 'model' && each !== 'labels');
  const meant = Object.hasOwn(aliases, name) ? aliases[name]! : name;
  if (!own.includes(meant)) {
    const elsewhere = Object.hasOwn(optionsElsewhere, name) ? optionsElsewhere[name] : undefined;
    report(unknownAttribute(attribute, [...own, ...Object.keys(runAttributes)], 'TO EVALUATE', elsewhere));
    return null;
  }
  return { kind: 'string', value: `--${meant}=${attributeText(value)}`, span: value.span };
}
