import type { Device } from './device.ts';

/** What can be run over the rows of a query, as data: how a statement asks for it and what it answers. */
export interface ProgramContract {
  /** What CMD begins with. */
  readonly name: string;
  /** What rows hold for it, and what it gives, in the plural: the command line counts `200 images`, `1993 detections`. */
  readonly inputs: string;
  readonly outputs: string;
  /** `split`: each partition is a share of the rows. `whole`: one partition sees all of them. */
  readonly rows: 'split' | 'whole';
  readonly options: Options;
  /** What programs of the same kind elsewhere call these options; null: there is nothing of the kind here. */
  readonly optionsElsewhere: Readonly<Record<string, string | null>>;
  /** Attributes of TO RUN that mean nothing to it. */
  readonly unusedAttributes: readonly string[];
  /** The column that numbers the outputs of a row from 1; null: a row has one output at most. */
  readonly numbering: string | null;
  /** The columns that it adds to the selected ones. */
  readonly columns: readonly OutputColumn[];
  /** What it does, for people: a word and a line each. */
  explain(settings: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[];
}

export type Options = Readonly<Record<string, Option>>;

/** `count`: a whole number from 0. `real` is rounded to so many decimals. `text` has at most 255 characters. */
export type OutputColumn =
  | { readonly name: string; readonly type: 'count' | 'text' }
  | { readonly name: string; readonly type: 'real'; readonly decimals: number };

interface OptionBase {
  /** What it takes, as the language page says it. */
  readonly takes: string;
}

/** The name of a model, or the path of its file inside a volume; must be given. The setting is the path. */
interface ModelOption extends OptionBase {
  readonly kind: 'model';
  readonly example: string;
}

/** The path of a folder inside a volume; must be given. */
interface FolderOption extends OptionBase {
  readonly kind: 'folder';
  readonly example: string;
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
  readonly otherwise: string;
}

/** Where a model runs; not given, on a GPU where the step has one. */
interface DeviceOption extends OptionBase {
  readonly kind: 'device';
}

export type Option = ModelOption | FolderOption | ColumnOption | NumberOption | ChoiceOption | DeviceOption;
export type OptionKind = Option['kind'];

/** The value of an option, once it is read. */
export type Setting<O extends Option> = O extends NumberOption
  ? number | (null extends O['otherwise'] ? null : never)
  : O extends ChoiceOption
    ? O['of'][number]
    : O extends ColumnOption
      ? string | null
      : O extends DeviceOption
        ? Device
        : string;

/** What a program is asked to do: the values of its options. Paths are those inside the volumes. */
export type Settings<Of extends Options> = { readonly [Name in keyof Of]: Setting<Of[Name]> };

/** The columns of a result after the selected ones. */
export function addedColumns({
  numbering,
  columns,
}: Pick<ProgramContract, 'numbering' | 'columns'>): readonly string[] {
  return [...(numbering === null ? [] : [numbering]), ...columns.map(({ name }) => name)];
}
