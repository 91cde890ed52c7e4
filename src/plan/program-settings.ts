import type { Catalog, QueryFacts } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import type { RunStatement } from '../sql/statement.ts';
import { type DetectSettings, imageColumnOf } from '../task.ts';
import type { GivenOption, YoloOption, YoloOptions } from './command.ts';
import { nearestName } from './nearest-name.ts';

type Report = (error: MillraceError) => void;

const devices = ['cpu', 'cuda', 'auto'] as const;

/** The settings of detection, each option checked. Reports what is missing, unknown or out of range. */
export function readDetectSettings(
  statement: RunStatement,
  options: YoloOptions,
  { gpu, mounts }: { readonly gpu: number; readonly mounts: readonly string[] },
  catalog: Catalog,
  report: Report,
): DetectSettings {
  const number = (name: YoloOption, range: Range, otherwise: number | null) =>
    readNumber(name, options[name], range, otherwise, report);
  return {
    modelFile: readModel(statement, options.model, mounts, catalog, report),
    imageDir: readImageDir(statement, options.image_dir, mounts, report),
    imageColumn: readImageColumn(statement, options.image_column, catalog, report),
    confidence: number('confidence', { least: 0, most: 1, whole: false }, 0.25) as number,
    iou: number('iou', { least: 0, most: 1, whole: false }, 0.45) as number,
    maxDetections: number('max_detections', { least: 1, most: 30_000, whole: true }, 300) as number,
    imageSize: number('image_size', { least: 32, most: 8192, whole: true }, null),
    device: readDevice(options.device, gpu > 0 ? 'cuda' : 'cpu', report),
  };
}

function readModel(
  statement: RunStatement,
  given: GivenOption | undefined,
  mounts: readonly string[],
  catalog: Catalog,
  report: Report,
): string {
  if (given === undefined) {
    report(missing(statement, 'model', '"--model=demo"'));
    return '';
  }
  if (given.value.startsWith('/')) return readPath('model', given.value, given, mounts, report);
  const model = catalog.models.find(({ name }) => name === given.value);
  if (model === undefined && !catalog.otherModels) {
    report(unknownModel(given, catalog));
    return '';
  }
  return readPath('model', model?.file ?? `/models/${given.value}.onnx`, given, mounts, report);
}

/** A file or folder that the worker opens, without dots; it is to lie in a volume. */
function readPath(
  option: 'model' | 'image_dir',
  written: string,
  given: GivenOption,
  mounts: readonly string[],
  report: Report,
): string {
  const path = normalPath(written);
  if (mounts.some((mount) => path === mount || path.startsWith(`${mount}/`)) && !path.includes('\0')) return path;
  const message = `--${option} names ${path}, which lies in none of the step's volumes`;
  const inside = mounts.length === 0 ? 'there are none' : `they are ${mounts.join(', ')}`;
  report(
    new MillraceError('OUTSIDE_VOLUMES', message, { span: given.span, hint: `give a path inside them: ${inside}` }),
  );
  return path;
}

function normalPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function unknownModel({ value, span }: GivenOption, catalog: Catalog): MillraceError {
  const names = catalog.models.map(({ name }) => name);
  const nearest = nearestName(value, names);
  const known = names.length === 0 ? 'no model is known' : `known are ${names.join(', ')}`;
  const hint = nearest === undefined ? `${known}; or give the path of an ONNX file` : `did you mean ${nearest}?`;
  return new MillraceError('UNKNOWN_MODEL', `there is no model '${value}'`, { span, hint });
}

function readImageDir(
  statement: RunStatement,
  given: GivenOption | undefined,
  mounts: readonly string[],
  report: Report,
): string {
  if (given?.value.startsWith('/')) return readPath('image_dir', given.value, given, mounts, report);
  if (given === undefined) report(missing(statement, 'image_dir', '"--image_dir=/datasets/…"'));
  else report(wrongOption('image_dir', given, 'a path inside a volume, e.g. /datasets/demo'));
  return '';
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
