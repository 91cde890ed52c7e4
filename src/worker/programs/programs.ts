import { MillraceError } from '../../errors.ts';
import { inputColumns } from '../../programs/input-columns.ts';
import { contractOf, type ProgramCall, type ProgramName, type SettingsOf } from '../../programs/programs.ts';
import type { OpenProgram, ProgramPlace, RowProgram } from '../row-program.ts';
import { openClassify } from './classify/open-classify.ts';
import { openYolo } from './yolo/open-yolo.ts';

type Opening<Name extends ProgramName> = (settings: SettingsOf<Name>, place: ProgramPlace) => Promise<OpenProgram>;

const openings: { readonly [Name in ProgramName]: Opening<Name> } = {
  yolo: openYolo,
  classify: openClassify,
};

/** A program with its settings, for the row machinery. */
export function rowProgram({ name, settings }: ProgramCall): RowProgram {
  const contract = contractOf(name);
  const open = openings[name] as Opening<ProgramName>;
  return {
    ...contract,
    readColumns: (selected) =>
      inputColumns(contract, settings, selected).map(({ option, holds, column }) => {
        if (column !== null) return column;
        const hint = `the query selects ${selected.join(', ')}; name one with "--${option}=…"`;
        throw new MillraceError('NO_IMAGE_COLUMN', `no selected column is known to hold ${holds}`, { hint });
      }),
    open: (place) => open(settings, place),
  };
}
