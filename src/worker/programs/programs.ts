import { MillraceError } from '../../errors.ts';
import { inputColumns } from '../../programs/input-columns.ts';
import { contractOf, type ProgramCall, type ProgramName, type SettingsOf } from '../../programs/programs.ts';
import type { OpenProgram, ProgramPlace, RowProgram } from '../row-program.ts';

type Opening<Name extends ProgramName> = (settings: SettingsOf<Name>, place: ProgramPlace) => Promise<OpenProgram>;

/** Only a partition loads what decodes pictures and runs models: it takes as long as all else that a worker loads. */
const openings: { readonly [Name in ProgramName]: Opening<Name> } = {
  yolo: async (settings, place) => (await import('./yolo/open-yolo.ts')).openYolo(settings, place),
  classify: async (settings, place) => (await import('./classify/open-classify.ts')).openClassify(settings, place),
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
