import type { Catalog, QueryFacts } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import type { RunStatement } from '../sql/statement.ts';
import { type DetectSettings, imageColumnOf } from '../task.ts';
import type { RunAttributes } from './attributes.ts';
import type { GivenOption, YoloOption, YoloOptions } from './command.ts';
import { nearestName } from './nearest-name.ts';

type Report = (error: MillraceError) => void;

const devices = ['cpu', 'cuda', 'auto'] as const;

/** The settings of detection, each option checked. Reports what is missing, unknown or out of range. */
export function readDetectSettings(
  statement: RunStatement,
  options: YoloOptions,
  attributes: RunAttributes,
  catalog: Catalog,
  report: Report,
): DetectSettings {
  const number = (name: YoloOption, range: Range, otherwise: number | null) =>
    readNumber(name, options[name], range, otherwise, report);
  return {
    modelFile: readModel(statement, options.model, catalog, report),
    imageDir: readImageDir(statement, options.image_dir, report),
    imageColumn: readImageColumn(statement, options.image_column, catalog, report),
    confidence: number('confidence', { least: 0, most: 1, whole: false }, 0.25) as number,
    iou: number('iou', { least: 0, most: 1, whole: false }, 0.45) as number,
    maxDetections: number('max_detections', { least: 1, most: 30_000, whole: true }, 300) as number,
    imageSize: number('image_size', { least: 32, most: 8192, whole: true }, null),
    device: readDevice(options.device, attributes.gpu > 0 ? 'cuda' : 'cpu', report),
  };
}

function readModel(statement: RunStatement, given: GivenOption | undefined, catalog: Catalog, report: Report): string {
  if (given === undefined) {
    report(missing(statement, 'model', '"--model=demo"'));
    return '';
  }
  if (given.value.startsWith('/')) return given.value;
  const model = catalog.models.find(({ name }) => name === given.value);
  if (model !== undefined) return model.file;
  if (!catalog.otherModels) report(unknownModel(given, catalog));
  return `/models/${given.value}.onnx`;
}

function unknownModel({ value, span }: GivenOption, catalog: Catalog): MillraceError {
  const names = catalog.models.map(({ name }) => name);
  const nearest = nearestName(value, names);
  const known = names.length === 0 ? 'no model is known' : `known are ${names.join(', ')}`;
  const hint = nearest === undefined ? `${known}; or give the path of an ONNX file` : `did you mean ${nearest}?`;
  return new MillraceError('UNKNOWN_MODEL', `there is no model '${value}'`, { span, hint });
}

function readImageDir(statement: RunStatement, given: GivenOption | undefined, report: Report): string {
  if (given === undefined) report(missing(statement, 'image_dir', '"--image_dir=/datasets/…"'));
  else if (!given.value.startsWith('/')) {
    report(wrongOption('image_dir', given, 'a path inside a volume, e.g. /datasets/demo'));
  }
  return given?.value ?? '';
}

function readImageColumn(
  statement: RunStatement,
  given: GivenOption | undefined,
  catalog: Catalog,
  report: Report,
): string | null {
  const facts: QueryFacts = catalog.queries[statement.query.text] ?? { kind: 'unknown' };
  if (facts.kind !== 'columns') return given?.value ?? null;
  const chosen = given === undefined ? imageColumnOf(facts.columns) : columnNamed(given.value, facts.columns);
  if (chosen === null) report(noImageColumn(statement, given, facts.columns));
  return chosen;
}

function columnNamed(name: string, columns: readonly string[]): string | null {
  return columns.find((column) => column.toLowerCase() === name.toLowerCase()) ?? null;
}

function noImageColumn(
  statement: RunStatement,
  given: GivenOption | undefined,
  columns: readonly string[],
): MillraceError {
  const selected = `the query selects ${columns.join(', ')}`;
  if (given !== undefined) {
    const message = `--image_column names '${given.value}', which the query does not select`;
    return new MillraceError('NO_IMAGE_COLUMN', message, { span: given.span, hint: selected });
  }
  const hint = `${selected}; name one by "--image_column=…"`;
  const message = 'none of the selected columns is known to hold the paths of images';
  return new MillraceError('NO_IMAGE_COLUMN', message, { span: statement.query.span, hint });
}

interface Range {
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}

function readNumber(
  name: YoloOption,
  given: GivenOption | undefined,
  { least, most, whole }: Range,
  otherwise: number | null,
  report: Report,
): number | null {
  if (given === undefined) return otherwise;
  const value = given.value.trim() === '' ? Number.NaN : Number(given.value);
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  const expects = `a ${whole ? 'whole ' : ''}number from ${least} to ${most}`;
  report(wrongOption(name, given, expects));
  return otherwise;
}

function readDevice(given: GivenOption | undefined, otherwise: 'cpu' | 'cuda', report: Report) {
  if (given === undefined) return otherwise;
  const device = devices.find((name) => name === given.value);
  if (device === undefined) report(wrongOption('device', given, 'cpu, cuda or auto'));
  return device ?? otherwise;
}

function wrongOption(name: string, { value, span }: GivenOption, expects: string): MillraceError {
  const message = `the option '--${name}' cannot be '${value}'`;
  return new MillraceError('WRONG_OPTION', message, { span, hint: `give ${expects}` });
}

function missing(statement: RunStatement, name: YoloOption, example: string): MillraceError {
  const span = statement.command[0]?.span ?? statement.span;
  return new MillraceError('MISSING_OPTION', `yolo needs the option '--${name}'`, {
    span,
    hint: `add ${example} to CMD`,
  });
}
