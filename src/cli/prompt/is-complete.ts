import { maxErrors } from '../../sql/bounds.ts';
import { splitProgram } from '../../sql/split.ts';

const nextStatement = '\nX';

/**
 * Whether the text ends with the `;` of its last statement: what follows would be a statement of its own. A `;` inside a string, a
 * comment or the body of a stored program ends nothing.
 */
export function isComplete(text: string): boolean {
  const { pieces, errors } = splitProgram(text + nextStatement);
  // From here on the splitter reads no further: running the program says why.
  if (errors.length >= maxErrors || errors.some(({ code }) => code === 'DELIMITER')) return true;
  const last = pieces.at(-1);
  return last !== undefined && last.span.start > text.length;
}
