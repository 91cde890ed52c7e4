import * as v from 'valibot';
import { cascadeSchema } from './cascade.ts';
import type { Option, OptionKind, Options, ProgramContract } from './contract.ts';
import { devices } from './device.ts';
import { explanationSchema } from './predict/explanation.ts';
import { measurementSchema } from './predict/measurement.ts';
import { predictionSchema } from './predict/prediction.ts';
import { type ProgramCall, type ProgramName, programNames, programs } from './programs.ts';
import { problemSchema } from './solve/problem.ts';

type SettingSchema<Kind extends OptionKind> = (option: Extract<Option, { kind: Kind }>) => v.GenericSchema;

const settingSchemas: { readonly [Kind in OptionKind]: SettingSchema<Kind> } = {
  model: () => v.string(),
  folder: () => v.nullable(v.string()),
  file: () => v.nullable(v.string()),
  column: () => v.nullable(v.string()),
  number: ({ least, most, whole, otherwise }) => {
    const number = v.pipe(v.number(), v.minValue(least), v.maxValue(most), whole ? v.integer() : v.finite());
    return otherwise === null ? v.nullable(number) : number;
  },
  choice: ({ of }) => v.picklist(of),
  flag: () => v.boolean(),
  list: () => v.nullable(v.array(v.string())),
  size: ({ least, most }) => {
    const side = v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
    return v.nullable(v.strictObject({ width: side, height: side }));
  },
  label: ({ otherwise }) => {
    const label = v.union([
      v.strictObject({ column: v.string() }),
      v.strictObject({ database: v.nullable(v.string()), table: v.string() }),
    ]);
    return otherwise === null ? v.nullable(label) : label;
  },
  cascade: () => cascadeSchema,
  problem: () => problemSchema,
  prediction: () => predictionSchema,
  measurement: () => measurementSchema,
  explanation: () => explanationSchema,
  device: () => v.picklist(devices),
};

function settingsSchema({ options }: ProgramContract, absent: boolean): v.GenericSchema {
  const entries = Object.entries(options).map(([name, option]) => {
    const schema = (settingSchemas[option.kind] as SettingSchema<OptionKind>)(option as never);
    const otherwise = absent ? settingIfAbsent(option) : undefined;
    return [name, otherwise === undefined ? schema : v.optional(schema, otherwise)];
  });
  return v.strictObject(Object.fromEntries(entries));
}

function callSchema(absent: boolean): v.GenericSchema<ProgramCall> {
  const call = (name: ProgramName) =>
    v.strictObject({ name: v.literal(name), settings: settingsSchema(programs[name], absent) });
  return v.variant('name', programNames.map(call)) as unknown as v.GenericSchema<ProgramCall>;
}

/** A program's name with its settings, as plans keep them. */
export const programCallSchema = callSchema(false);

/** The same as tasks have them: without settings that have their defaults, for a workflow has each task three times. */
export const writtenCallSchema = callSchema(true);

export function withoutDefaults({ name, settings }: ProgramCall): ProgramCall {
  const options: Options = programs[name].options;
  const given = Object.entries(settings).filter(([key, value]) => settingIfAbsent(options[key]!) !== value);
  return { name, settings: Object.fromEntries(given) } as unknown as ProgramCall;
}

/** undefined: it has no default. */
function settingIfAbsent(option: Option): boolean | number | string | null | undefined {
  if ('otherwise' in option) return option.otherwise;
  if (option.kind === 'flag') return false;
  return ['file', 'list', 'size'].includes(option.kind) ? null : undefined;
}
