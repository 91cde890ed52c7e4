import type { Token } from './standard-lexer.ts';

/**
 * Follows the BEGIN … END of a stored program's body, in which semicolons do not end the statement. A body that is a bare IF or
 * LOOP without BEGIN is not followed.
 */
export interface BlockTracker {
  readonly read: (token: Token, word: string) => void;
  readonly isProgram: () => boolean;
  /** The opening word of the innermost open block; none if the last word is its END. */
  readonly open: () => Token | undefined;
}

const programs = new Set(['PROCEDURE', 'FUNCTION', 'TRIGGER', 'EVENT']);
const otherObjects = new Set(['TABLE', 'VIEW', 'INDEX', 'USER', 'ROLE', 'DATABASE', 'SCHEMA', 'SERVER', 'SEQUENCE']);
const compoundEnds = new Set(['IF', 'LOOP', 'REPEAT', 'WHILE', 'FOR', 'CASE']);
/** Words before a column or alias that is named `begin`. */
const beforeName = new Set(['.', ',', '(', 'SELECT', 'AS', 'BY', 'WHERE', 'AND', 'OR', 'SET']);

export function createBlockTracker(): BlockTracker {
  const blocks: { readonly kind: 'begin' | 'case'; readonly token: Token }[] = [];
  let object: 'program' | 'other' | null = null;
  let first = '';
  let previous = '';
  let endOfBegin = false;

  const recogniseObject = (word: string) => {
    if (first === '') first = word;
    else if (first === 'BEGIN' && previous === 'BEGIN' && word === 'NOT')
      object = 'program'; // MariaDB's BEGIN NOT ATOMIC
    else if (first !== 'CREATE' && first !== 'ALTER') object = 'other';
    else if (programs.has(word)) object = 'program';
    else if (otherObjects.has(word)) object = 'other';
  };

  const readBlockWord = (token: Token, word: string) => {
    if (endOfBegin && !compoundEnds.has(word)) blocks.pop();
    const ends = word === 'END' && previous !== '.';
    endOfBegin = ends && blocks.at(-1)?.kind === 'begin' && (previous === ';' || previous === 'BEGIN');
    if (ends && blocks.at(-1)?.kind === 'case') blocks.pop();
    else if (word === 'BEGIN' && !beforeName.has(previous)) blocks.push({ kind: 'begin', token });
    else if (word === 'CASE' && previous !== 'END' && previous !== '.') blocks.push({ kind: 'case', token });
  };

  const read = (token: Token, word: string) => {
    if (object === null) recogniseObject(word);
    if (object === 'program') {
      if (blocks.length === 0 && first === 'BEGIN' && word === 'NOT') blocks.push({ kind: 'begin', token });
      readBlockWord(token, word);
    }
    previous = word;
  };

  return { read, isProgram: () => object === 'program', open: () => blocks.at(endOfBegin ? -2 : -1)?.token };
}
