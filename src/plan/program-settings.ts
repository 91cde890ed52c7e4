import type { Catalog, QueryFacts } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import type { ColumnOption, Option, OptionKind, Setting } from '../programs/contract.ts';
import { type Device, devices } from '../programs/device.ts';
import { columnOf } from '../programs/input-columns.ts';
import type { ProgramCall, ProgramName } from '../programs/programs.ts';
import type { RunStatement } from '../sql/statement.ts';
import type { Command, GivenOption } from './command.ts';
import { nearestName } from './nearest-name.ts';

type Report = (error: MillraceError) => void;

/** What the options of a program depend on, besides their values. */
interface Place {
  readonly statement: RunStatement;
  readonly program: string;
  /** Number of GPUs of a partition. */
  readonly gpu: number;
  /** Mount paths of the step's volumes. */
  readonly mounts: readonly string[];
  readonly catalog: Catalog;
  readonly report: Report;
}

/** An option's name, contract and value as given. */
interface Read<O extends Option> {
  readonly name: string;
  readonly option: O;
  readonly given: GivenOption | undefined;
}

type Reader<O extends Option> = (read: Read<O>, place: Place) => Setting<O>;

/** Checks the options and returns the settings of a program. Reports options that are missing, unknown or out of range. */
export function readSettings({ contract, options }: Command, place: Omit<Place, 'program'>): ProgramCall {
  const settings = Object.entries(contract.options).map(([name, option]) => {
    const read = readers[option.kind] as Reader<Option>;
    return [name, read({ name, option, given: options[name] }, { ...place, program: contract.name })];
  });
  // Each kind's reader returns the setting of its kind, and the contract's settings consist of these.
  return { name: contract.name as ProgramName, settings: Object.fromEntries(settings) };
}

const readers: { readonly [Kind in OptionKind]: Reader<Extract<Option, { readonly kind: Kind }>> } = {
  model: readModel,
  folder: readFolder,
  column: readColumn,
  number: readNumber,
  choice: ({ name, option, given }, { report }) => {
    const chosen = option.of.find((word) => word === given?.value);
    if (given !== undefined && chosen === undefined) report(wrongOption(name, given, listed(option.of)));
    return chosen ?? option.otherwise;
  },
  device: readDevice,
};

function readModel(read: Read<Extract<Option, { kind: 'model' }>>, place: Place): string {
  const { name, option, given } = read;
  const { catalog, report } = place;
  if (given === undefined) {
    report(missing(name, option.example, place));
    return '';
  }
  if (given.value.startsWith('/')) return readPath(name, given.value, given, place);
  const model = catalog.models.find((known) => known.name === given.value);
  if (model === undefined && !catalog.otherModels) {
    report(unknownModel(given, catalog));
    return '';
  }
  return readPath(name, model?.file ?? `/models/${given.value}.onnx`, given, place);
}

/** A file or folder that the worker opens, normalized; it must be in a volume. */
function readPath(option: string, written: string, given: GivenOption, { mounts, report }: Place): string {
  const path = normalPath(written);
  if (mounts.some((mount) => path === mount || path.startsWith(`${mount}/`)) && !path.includes('\0')) return path;
  const message = `--${option} names ${path}, which is outside the step's volumes`;
  const inside = mounts.length === 0 ? 'the step has none' : mounts.join(', ');
  report(
    new MillraceError('OUTSIDE_VOLUMES', message, { span: given.span, hint: `give a path inside a volume: ${inside}` }),
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
  const known = names.length === 0 ? 'no models are known' : `known models: ${names.join(', ')}`;
  const hint =
    nearest === undefined ? `${known}; name one of them, or give the path of an ONNX file` : `did you mean ${nearest}?`;
  return new MillraceError('UNKNOWN_MODEL', `unknown model '${value}'`, { span, hint });
}

function readFolder({ name, option, given }: Read<Extract<Option, { kind: 'folder' }>>, place: Place): string {
  if (given?.value.startsWith('/')) return readPath(name, given.value, given, place);
  if (given === undefined) place.report(missing(name, option.example, place));
  else place.report(wrongOption(name, given, 'a path inside a volume, e.g. /datasets/demo'));
  return '';
}

function readColumn(read: Read<ColumnOption>, { statement, catalog, report }: Place): string | null {
  const { option, given } = read;
  const facts: QueryFacts = catalog.queries[statement.query.text] ?? { kind: 'unknown' };
  if (facts.kind !== 'columns') return given?.value ?? null;
  const chosen = columnOf(option, given?.value ?? null, facts.columns);
  if (chosen === null) report(noColumn(read, statement, facts.columns));
  return chosen;
}

function noColumn(
  { name, option, given }: Read<ColumnOption>,
  statement: RunStatement,
  columns: readonly string[],
): MillraceError {
  const selected = `the query selects ${columns.join(', ')}`;
  if (given !== undefined) {
    const message = `--${name} names '${given.value}', which the query does not select`;
    return new MillraceError('NO_IMAGE_COLUMN', message, { span: given.span, hint: selected });
  }
  const hint = `${selected}; name one with "--${name}=…"`;
  const message = `none of the selected columns is known to hold ${option.holds}`;
  return new MillraceError('NO_IMAGE_COLUMN', message, { span: statement.query.span, hint });
}

function readNumber(
  { name, option, given }: Read<Extract<Option, { kind: 'number' }>>,
  { report }: Place,
): number | null {
  const { least, most, whole, otherwise } = option;
  if (given === undefined) return otherwise;
  const value = given.value.trim() === '' ? Number.NaN : Number(given.value);
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  report(wrongOption(name, given, `a ${whole ? 'whole ' : ''}number from ${least} to ${most}`));
  return otherwise;
}

function readDevice({ name, given }: Read<Extract<Option, { kind: 'device' }>>, { gpu, report }: Place): Device {
  const otherwise = gpu > 0 ? 'cuda' : 'cpu';
  if (given === undefined) return otherwise;
  const device = devices.find((known) => known === given.value);
  if (device === undefined) report(wrongOption(name, given, listed(devices)));
  return device ?? otherwise;
}

/** `cpu, cuda or auto` */
function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function wrongOption(name: string, { value, span }: GivenOption, expects: string): MillraceError {
  const message = `the option '--${name}' cannot be '${value}'`;
  return new MillraceError('WRONG_OPTION', message, { span, hint: `give ${expects}` });
}

function missing(name: string, example: string, { statement, program }: Place): MillraceError {
  const span = statement.command[0]?.span ?? statement.span;
  return new MillraceError('MISSING_OPTION', `${program} needs the option '--${name}'`, {
    span,
    hint: `add ${example} to CMD`,
  });
}
