import type { Catalog, QueryFacts } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import type { CascadeSetting } from '../programs/cascade.ts';
import type { ColumnOption, LabelSetting, Option, OptionKind, Setting, SizeSetting } from '../programs/contract.ts';
import { type Device, devices } from '../programs/device.ts';
import { columnOf } from '../programs/input-columns.ts';
import type { ProgramCall, ProgramName } from '../programs/programs.ts';
import type { Problem } from '../programs/solve/problem.ts';
import type { RunStatement } from '../sql/statement.ts';
import type { Command, GivenOption } from './command.ts';
import { labelTable } from './label-tables.ts';
import { findModel, needsPictures, readsColumns, splitName, unknownModel } from './model-catalog.ts';
import { isPlace, pathInVolumes, readablePath } from './paths.ts';

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
  /** Absent: the program has no cascade. */
  readonly cascade?: CascadeSetting;
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
export function readSettings(
  { name: program, contract, options }: Command,
  place: Omit<Place, 'program'>,
): ProgramCall {
  const here = { ...place, program };
  const settings = Object.entries(contract.options).map(([name, option]) => {
    const read = readers[option.kind] as Reader<Option>;
    return [name, read({ name, option, given: options[name] }, here)];
  });
  // Each kind's reader returns the setting of its kind, and the contract's settings consist of these.
  return { name: contract.name as ProgramName, settings: Object.fromEntries(settings) };
}

const readers: { readonly [Kind in OptionKind]: Reader<Extract<Option, { readonly kind: Kind }>> } = {
  model: readModel,
  folder: readFolder,
  file: readFile,
  column: readColumn,
  number: readNumber,
  choice: ({ option, given }, { report }) => {
    const written = given?.value.toLowerCase() ?? '';
    const meant = Object.hasOwn(option.also ?? {}, written) ? option.also?.[written] : written;
    const chosen = option.of.find((word) => word === meant);
    if (given !== undefined && chosen === undefined) report(wrongChoice(given, option.of));
    return chosen ?? option.otherwise;
  },
  flag: readFlag,
  list: readList,
  size: readSize,
  label: readLabel,
  cascade: (_, { cascade }) => cascade ?? noCascade,
  problem: () => noProblem,
  prediction: () => noPrediction,
  measurement: () => noMeasurement,
  explanation: () => noExplanation,
  device: readDevice,
};

/** The planner of TO MAXIMIZE makes the setting; no command has the option. */
const noProblem: Problem = {
  direction: 'minimize',
  objective: { formula: { kind: 'number', value: 0 }, text: '' },
  constraints: [],
  variable: '',
  keys: [],
  domain: 'Reals',
  timeLimit: 1,
  gap: 0,
};

/** The planner of TO EVALUATE makes the setting. */
const noMeasurement = { label: '', metrics: null };

/** The same for TO EXPLAIN. */
const noExplanation = { explainer: null, samples: 1, background: 1, seed: 1 };

/** The same for TO PREDICT. */
const noPrediction = { column: null, probabilities: false } as const;

const noCascade: CascadeSetting = { predicate: { kind: 'all', of: [] }, models: [] };

function readModel(read: Read<Extract<Option, { kind: 'model' }>>, place: Place): string {
  const { name, option, given } = read;
  const { catalog, report } = place;
  if (given === undefined) {
    report(missing(name, option.example, place));
    return '';
  }
  if (isPlace(given.value)) return readPath(given.value, given, place);
  const model = findModel(given.value, catalog);
  if (
    model === null &&
    (!catalog.otherModels || catalog.models.some(({ name }) => name === splitName(given.value).name))
  ) {
    const orElse = '; name one of them, or give the path of an ONNX file';
    report(unknownModel({ text: given.value, span: given.span }, catalog, orElse));
    return '';
  }
  if (readsColumns(model)) {
    report(needsPictures({ text: given.value, span: given.span }));
    return '';
  }
  if (model?.registered?.location === 'database') return model.file;
  return readPath(model?.file ?? `/models/${given.value}.onnx`, given, place);
}

function readPath(value: string, { span, written }: GivenOption, { mounts, catalog, report }: Place): string {
  return readablePath({ value, span, written }, { mounts, buckets: catalog.buckets ?? [] }, report);
}

function readFolder({ given }: Read<Extract<Option, { kind: 'folder' }>>, place: Place): string | null {
  if (given === undefined) return null;
  if (isPlace(given.value)) return readPath(given.value, given, place);
  place.report(wrongOption(given, 'a path inside a volume, e.g. /datasets/demo, or s3://bucket/folder'));
  return null;
}

function readFile({ given }: Read<Extract<Option, { kind: 'file' }>>, place: Place): string | null {
  if (given === undefined) return null;
  const { value, span, written } = given;
  if (value.startsWith('/')) return pathInVolumes({ value, span, written }, place.mounts, place.report);
  place.report(wrongOption(given, 'a path inside a volume, e.g. /models/names.txt'));
  return null;
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
    const message = `${given.written} names '${given.value}', which the query does not select`;
    return new MillraceError('NO_IMAGE_COLUMN', message, { span: given.span, hint: selected });
  }
  const hint = `${selected}; name one with "--${name}=…"`;
  const message = `none of the selected columns is known to hold ${option.holds}`;
  return new MillraceError('NO_IMAGE_COLUMN', message, { span: statement.query.span, hint });
}

function readNumber({ option, given }: Read<Extract<Option, { kind: 'number' }>>, { report }: Place): number | null {
  const { least, most, whole, otherwise } = option;
  if (given === undefined) return otherwise;
  const value = given.value.trim() === '' ? Number.NaN : Number(given.value);
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  report(wrongOption(given, `a ${whole ? 'whole ' : ''}number from ${least} to ${most}`));
  return otherwise;
}

const flagWords: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
};

function readFlag({ option, given }: Read<Extract<Option, { kind: 'flag' }>>, { report }: Place): boolean {
  const otherwise = option.otherwise ?? false;
  if (given === undefined) return otherwise;
  const word = given.value.toLowerCase();
  const flag = Object.hasOwn(flagWords, word) ? flagWords[word] : undefined;
  if (flag === undefined) report(wrongOption(given, 'true or false'));
  return flag ?? otherwise;
}

function readList({ given }: Read<Extract<Option, { kind: 'list' }>>, { report }: Place): readonly string[] | null {
  if (given === undefined) return null;
  const items = given.value.split(',').map((item) => item.trim());
  if (items.every((item) => item !== '')) return items;
  report(wrongOption(given, 'values separated by commas, e.g. cat,dog'));
  return null;
}

/** `640`, `384x640`, `384,640`: height, then width, as both YOLO tools have them. */
function readSize({ option, given }: Read<Extract<Option, { kind: 'size' }>>, { report }: Place): SizeSetting | null {
  if (given === undefined) return null;
  const { least, most } = option;
  const sides = given.value.split(/[x,]/i).map((side) => (/^\d{1,6}$/.test(side.trim()) ? Number(side) : Number.NaN));
  const [height = Number.NaN, width = height] = sides;
  if (sides.length <= 2 && sides.every((side) => side >= least && side <= most)) return { width, height };
  report(
    wrongOption(
      given,
      `whole numbers from ${least} to ${most}: a side such as 640, or height and width such as 384x640`,
    ),
  );
  return null;
}

/** A name without a dot is that of a selected column, if there is one, or of a table. */
function readLabel(
  { name, option, given }: Read<Extract<Option, { kind: 'label' }>>,
  place: Place,
): LabelSetting | null {
  const { statement, catalog, report } = place;
  if (given === undefined && option.otherwise === null) return null;
  if (given === undefined) {
    report(missing(name, '"--labels=database.table"', place));
    return { column: '' };
  }
  const facts: QueryFacts = catalog.queries[statement.query.text] ?? { kind: 'unknown' };
  const columns = facts.kind === 'columns' ? facts.columns : [];
  const column = columns.find((each) => each.toLowerCase() === given.value.toLowerCase());
  if (column !== undefined) return { column };
  const table = labelTable(given.value, catalog);
  if (table.database === null) {
    const message = `${given.written} names '${given.value}', which the query does not select`;
    const hint =
      columns.length === 0 ? 'write database.table' : `use one of ${columns.join(', ')}, or write database.table`;
    report(new MillraceError('UNKNOWN_COLUMN', message, { span: given.span, hint }));
  }
  return table;
}

/** As PyTorch's users name the first GPU; which of several a partition gets is decided by the engine. */
const gpuNames = ['0', 'gpu', 'cuda:0'];

function readDevice({ given }: Read<Extract<Option, { kind: 'device' }>>, { gpu, report }: Place): Device {
  const otherwise = gpu > 0 ? 'cuda' : 'cpu';
  if (given === undefined) return otherwise;
  const word = given.value.toLowerCase();
  const device = gpuNames.includes(word) ? 'cuda' : devices.find((known) => known === word);
  if (device === undefined) report(wrongOption(given, `${listed(devices)}; WITH partitions spreads work over GPUs`));
  return device ?? otherwise;
}

/** `cpu, cuda or auto` */
function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function wrongChoice(given: GivenOption, choices: readonly string[]): MillraceError {
  const nearest = nearestName(given.value, choices);
  return wrongOption(given, `${listed(choices)}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`);
}

function wrongOption({ written, value, span }: GivenOption, expects: string): MillraceError {
  const message = `the option '${written}' cannot be '${value}'`;
  return new MillraceError('WRONG_OPTION', message, { span, hint: `give ${expects}` });
}

function missing(name: string, example: string, { statement, program }: Place): MillraceError {
  const span = statement.command[0]?.span ?? statement.span;
  return new MillraceError('MISSING_OPTION', `${program} needs the option '--${name}'`, {
    span,
    hint: `add ${example} to CMD`,
  });
}
