import { maxErrors } from '../../sql/bounds.ts';
import { defaultMode, type LexicalMode } from '../../sql/lexical-mode.ts';
import { splitProgram } from '../../sql/split.ts';

const nextStatement = '\nX';

/**
 * Whether the text ends with the `;` of its last statement (`ended`), continues (`open`), or contains no statement (`empty`). A `;` inside a
 * string, a comment or the body of a stored program does not end a statement.
 *
 * @param mode of the session in which the text will run
 */
export function statementEnd(text: string, mode: LexicalMode = defaultMode): 'ended' | 'open' | 'empty' {
  const { pieces, errors } = splitProgram(text + nextStatement, mode);
  // The splitter stops here; running the program reports why.
  if (errors.length >= maxErrors || errors.some(({ code }) => code === 'DELIMITER')) return 'ended';
  const last = pieces.at(-1);
  // Otherwise, the text that follows belongs to the last statement.
  if (last === undefined || last.span.start <= text.length) return 'open';
  return pieces.length === 1 && errors.length === 0 ? 'empty' : 'ended';
}
