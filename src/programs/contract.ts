import type { CascadeSetting } from './cascade.ts';
import type { Device } from './device.ts';
import type { Explanation } from './predict/explanation.ts';
import type { TableMeasurement } from './predict/measurement.ts';
import type { Prediction } from './predict/prediction.ts';
import type { Problem } from './solve/problem.ts';

/** What can be run over the rows of a query, as data: how a statement asks for it and what it answers. */
export interface ProgramContract {
  /** What CMD begins with. */
  readonly name: string;
  /** What rows hold for it, in the plural: the command line counts `200 images`. */
  readonly inputs: string;
  /** `split`: each partition is a share of the rows. `whole`: one partition sees all of them. */
  readonly rows: 'split' | 'whole';
  readonly options: Options;
  /** Other names of these options, from programs of the same kind elsewhere. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Options of programs of the same kind elsewhere that it does not have, and what to do instead. */
  readonly optionsElsewhere: Readonly<Record<string, string>>;
  /** Selected columns that it reads besides those that its options name. */
  reads?(settings: Readonly<Record<string, unknown>>): readonly string[];
  /** The only selected columns that the result has; absent: all. */
  keeps?(settings: Readonly<Record<string, unknown>>): readonly string[];
  /** Maximum number of rows that it can take; absent: any number. */
  mostRows?(settings: Readonly<Record<string, unknown>>): number;
  /** Whether the file of its model says which columns it reads, and of which kinds; absent: it does not. */
  readonly readsTable?: true;
  /** Whether a selected column with the name of one that it adds is left out of the result; absent: that is an error. */
  readonly replacesColumns?: true;
  /** Attributes of TO RUN that mean nothing to it. */
  readonly unusedAttributes: readonly string[];
  /** @param classNames names of the model's classes; null: they are not known, and columns named by them are left out */
  result(settings: Readonly<Record<string, unknown>>, classNames: readonly string[] | null): ResultShape;
  /** Whether `result` needs the names of the model's classes. */
  namesColumnsByClass(settings: Readonly<Record<string, unknown>>): boolean;
  /** Columns of the table that is published instead of the outputs: what is computed of them in the end. */
  readonly summary?: readonly OutputColumn[];
  /** What it does, for people: a word and a line each. */
  explain(settings: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[];
}

/** The columns that a program adds to the selected ones. */
export interface AddedColumns {
  /** The column that numbers the outputs of a row from 1; null: a row has one output at most. */
  readonly numbering: string | null;
  readonly columns: readonly OutputColumn[];
}

/** What a program's result looks like. */
export interface ResultShape extends AddedColumns {
  /** What its outputs are called, in the plural: the command line counts `2036 detections`. */
  readonly outputs: string;
}

export type Options = Readonly<Record<string, Option>>;

/**
 * `count`: a whole number from 0; `whole`: one of any sign. `real` is rounded to so many decimals (null: it is not); a `single` one has half the size.
 * `text` has at most 255 characters.
 */
export type OutputColumn = {
  readonly name: string;
  /** Whether a row may have no value there. */
  readonly nullable?: true;
} & (
  | { readonly type: 'count' | 'whole' | 'text' | 'json' }
  | { readonly type: 'real' | 'single'; readonly decimals: number | null }
);

interface OptionBase {
  /** What it takes, as the language page says it. */
  readonly takes: string;
}

/** The name of a model, or the path of its file inside a volume; must be given. The setting is the path. */
interface ModelOption extends OptionBase {
  readonly kind: 'model';
  readonly example: string;
}

/** The path of a folder inside a volume; null: none is given. */
interface FolderOption extends OptionBase {
  readonly kind: 'folder';
}

/** The path of a file inside a volume; null: none is given. */
interface FileOption extends OptionBase {
  readonly kind: 'file';
}

/** A selected column; not given, the first of its usual names. The setting is null where the columns are not known yet. */
export interface ColumnOption extends OptionBase {
  readonly kind: 'column';
  /** What the column's values are, in the plural. */
  readonly holds: string;
  readonly usualNames: readonly string[];
}

interface NumberOption extends OptionBase {
  readonly kind: 'number';
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
  readonly otherwise: number | null;
}

interface ChoiceOption extends OptionBase {
  readonly kind: 'choice';
  readonly of: readonly string[];
  /** Other words, and those of `of` that they stand for. */
  readonly also?: Readonly<Record<string, string>>;
  readonly otherwise: string;
}

/** True or false, or given without a value: true. Not given, `otherwise`; without it, false. */
interface FlagOption extends OptionBase {
  readonly kind: 'flag';
  readonly otherwise?: boolean;
}

/** Texts separated by commas; null: none are given. */
interface ListOption extends OptionBase {
  readonly kind: 'list';
}

/** A side of a square, or height and width; null: none is given. */
interface SizeOption extends OptionBase {
  readonly kind: 'size';
  readonly least: number;
  readonly most: number;
}

/** Ground truth: a table, as `database.table`, or a selected column; must be given, unless it has a default. */
interface LabelOption extends OptionBase {
  readonly kind: 'label';
  readonly otherwise?: null;
}

export type LabelSetting = { readonly column: string } | { readonly database: string | null; readonly table: string };

/** The models that are asked, and what they decide: the planner makes it, and no statement writes it. */
interface CascadeOption extends OptionBase {
  readonly kind: 'cascade';
}

/** A linear problem: the planner makes it, and no statement writes it. */
interface ProblemOption extends OptionBase {
  readonly kind: 'problem';
}

/** What is predicted: the planner makes it, and no statement writes it. */
interface PredictionOption extends OptionBase {
  readonly kind: 'prediction';
}

/** What is measured of a model of a table: the planner makes it, and no statement writes it. */
interface MeasurementOption extends OptionBase {
  readonly kind: 'measurement';
}

/** What is explained: the planner makes it, and no statement writes it. */
interface ExplanationOption extends OptionBase {
  readonly kind: 'explanation';
}

/** Where a model runs; not given, on a GPU where the step has one. */
interface DeviceOption extends OptionBase {
  readonly kind: 'device';
}

export type Option =
  | ModelOption
  | FolderOption
  | FileOption
  | ColumnOption
  | NumberOption
  | ChoiceOption
  | FlagOption
  | ListOption
  | SizeOption
  | LabelOption
  | CascadeOption
  | ProblemOption
  | PredictionOption
  | MeasurementOption
  | ExplanationOption
  | DeviceOption;
export type OptionKind = Option['kind'];

export interface SizeSetting {
  readonly width: number;
  readonly height: number;
}

interface SettingsByKind {
  readonly model: string;
  readonly folder: string | null;
  readonly file: string | null;
  readonly column: string | null;
  readonly flag: boolean;
  readonly list: readonly string[] | null;
  readonly size: SizeSetting | null;
  readonly label: LabelSetting;
  readonly cascade: CascadeSetting;
  readonly problem: Problem;
  readonly prediction: Prediction;
  readonly measurement: TableMeasurement;
  readonly explanation: Explanation;
  readonly device: Device;
}

/** The value of an option, once it is read. */
export type Setting<O extends Option> = O extends NumberOption
  ? number | (null extends O['otherwise'] ? null : never)
  : O extends ChoiceOption
    ? O['of'][number]
    : O extends LabelOption
      ? LabelSetting | (O extends { readonly otherwise: null } ? null : LabelOption extends O ? null : never)
      : O extends { readonly kind: keyof SettingsByKind }
        ? SettingsByKind[O['kind']]
        : never;

/** What a program is asked to do: the values of its options. Paths are those inside the volumes. */
export type Settings<Of extends Options> = { readonly [Name in keyof Of]: Setting<Of[Name]> };

/** The columns of a result after the selected ones. */
export function addedColumns({ numbering, columns }: AddedColumns): readonly string[] {
  return [...(numbering === null ? [] : [numbering]), ...columns.map(({ name }) => name)];
}
