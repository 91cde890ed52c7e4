import type { ColumnOption, ProgramContract } from './contract.ts';

/** The selected column that an option means: the named one, else the first of the usual names; null: it is not there. */
export function columnOf(option: ColumnOption, named: string | null, columns: readonly string[]): string | null {
  const called = (name: string) => columns.find((column) => column.toLowerCase() === name.toLowerCase());
  const names = named === null ? option.usualNames : [named];
  return names.map(called).find((column) => column !== undefined) ?? null;
}

/** The columns that a program reads of each row, by its options, with null for one that is not there. */
export function inputColumns(
  { options }: ProgramContract,
  settings: Readonly<Record<string, unknown>>,
  columns: readonly string[],
): readonly { readonly option: string; readonly holds: string; readonly column: string | null }[] {
  return Object.entries(options).flatMap(([name, option]) =>
    option.kind === 'column'
      ? [{ option: name, holds: option.holds, column: columnOf(option, settings[name] as string | null, columns) }]
      : [],
  );
}
