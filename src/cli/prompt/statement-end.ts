import { maxErrors } from '../../sql/bounds.ts';
import { splitProgram } from '../../sql/split.ts';

const nextStatement = '\nX';

/**
 * Whether the text ends with the `;` of its last statement (`ended`), goes on (`open`), or holds no statement (`empty`). A `;` inside a
 * string, a comment or the body of a stored program ends nothing.
 */
export function statementEnd(text: string): 'ended' | 'open' | 'empty' {
  const { pieces, errors } = splitProgram(text + nextStatement);
  // From here on the splitter reads no further: running the program says why.
  if (errors.length >= maxErrors || errors.some(({ code }) => code === 'DELIMITER')) return 'ended';
  const last = pieces.at(-1);
  // Otherwise what follows is part of the last statement.
  if (last === undefined || last.span.start <= text.length) return 'open';
  return pieces.length === 1 && errors.length === 0 ? 'empty' : 'ended';
}
