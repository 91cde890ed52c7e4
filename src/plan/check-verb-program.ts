import type { Catalog } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import { verbPrograms } from '../programs/programs.ts';
import type { RunStatement } from '../sql/statement.ts';

/** A program with a verb of its own is not one for CMD: only the verb's statement says which tables it reads besides its query. */
export function checkVerbProgram(
  { image, command }: RunStatement,
  { images }: Pick<Catalog, 'images'>,
  report: (error: MillraceError) => void,
): void {
  const [program] = command;
  const isOurs = images.some(({ name }) => name === image.name);
  if (!isOurs || program === undefined || !Object.hasOwn(verbPrograms, program.value)) return;
  const message = `unknown program '${program.value}' for ${image.name}`;
  const hint = 'write TO EVALUATE model … LABEL table INTO table';
  report(new MillraceError('UNKNOWN_PROGRAM', message, { span: program.span, hint }));
}
