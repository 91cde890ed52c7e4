import * as v from 'valibot';
import type { Option, OptionKind, ProgramContract } from './contract.ts';
import { devices } from './device.ts';
import { type ProgramCall, programNames, programs } from './programs.ts';

type SettingSchema<Kind extends OptionKind> = (option: Extract<Option, { kind: Kind }>) => v.GenericSchema;

const settingSchemas: { readonly [Kind in OptionKind]: SettingSchema<Kind> } = {
  model: () => v.string(),
  folder: () => v.string(),
  column: () => v.nullable(v.string()),
  number: ({ least, most, whole, otherwise }) => {
    const number = v.pipe(v.number(), v.minValue(least), v.maxValue(most), whole ? v.integer() : v.finite());
    return otherwise === null ? v.nullable(number) : number;
  },
  choice: ({ of }) => v.picklist(of),
  device: () => v.picklist(devices),
};

function settingsSchema({ options }: ProgramContract): v.GenericSchema {
  const entries = Object.entries(options).map(([name, option]) => {
    const schema = settingSchemas[option.kind] as SettingSchema<OptionKind>;
    return [name, schema(option as never)];
  });
  return v.strictObject(Object.fromEntries(entries));
}

/** A program's name with its settings, as plans and tasks keep them. */
export const programCallSchema = v.variant(
  'name',
  programNames.map((name) => v.strictObject({ name: v.literal(name), settings: settingsSchema(programs[name]) })),
) as unknown as v.GenericSchema<ProgramCall>;
