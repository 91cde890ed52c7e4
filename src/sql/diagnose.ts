import type { MillraceError } from '../errors.ts';
import { type Failure, failAt } from './failure.ts';
import { clauseKeywords, modelKeywords } from './keywords.ts';
import { nearestWord } from './nearest-word.ts';
import { quoteToken } from './split-errors.ts';
import type { Token } from './standard-lexer.ts';
import { clauseWords, type VerbForm, verbForms } from './verb-forms.ts';
import { formOf, wrongToken } from './wrong-token.ts';

/** A type of token that the parser expected, and the grammar's rule that expected it. */
export interface Expectation {
  readonly rule: string;
  readonly type: string;
}

/** Turns what the parser expected and what it found into an error that tells the user what to do. */
export function diagnose(tokens: readonly Token[], index: number, expected: readonly Expectation[]): MillraceError {
  const first = tokens[0] as Token;
  const words = `${first.type} ${tokens[1]?.type}`;
  const failure: Failure = {
    tokens,
    index,
    found: tokens[index] as Token,
    expected: new Map(expected.map(({ type, rule }) => [type, rule])),
    form: (verbForms[words] ?? verbForms[first.type]) as VerbForm,
    verb: words in verbForms ? words : `TO ${first.text.toUpperCase()}`,
    seen: tokens.slice(0, index).flatMap(({ type }) => (clauseWords.has(type) ? [type] : [])),
  };
  return (
    unknownCharacter(failure) ??
    executableComment(failure) ??
    misspeltKeyword(failure) ??
    missingComma(failure) ??
    misplacedClause(failure) ??
    missingClause(failure) ??
    missingSemicolon(failure) ??
    secondVerb(failure) ??
    wrongToken(failure)
  );
}

const smartQuotes = /[\u2018\u2019\u201a-\u201f\u00ab\u00bb]/;

function unknownCharacter({ found }: Failure): MillraceError | null {
  if (found.type !== 'invalid') return null;
  const hint = smartQuotes.test(found.text) ? `use straight quotes: " or '` : 'remove it, or put it into quotes';
  return failAt(found, 'UNKNOWN_CHARACTER', `no word of a clause starts with ${visible(found.text)}`, hint);
}

/** Shows control characters and other invisible ones by their number. */
const visible = (character: string) =>
  /^[\p{C}\p{Z}]$/u.test(character)
    ? `the character U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
    : `'${character}'`;

function executableComment({ found }: Failure): MillraceError | null {
  if (found.type !== 'executable') return null;
  const message = 'executable comments are for the database; the clauses after TO are not sent to it';
  return failAt(found, 'SYNTAX', message, 'make it a plain comment, /* … */, or remove it');
}

function misspeltKeyword({ tokens, index, found, expected }: Failure): MillraceError | null {
  if ((found.type !== 'name' && found.type !== 'reference') || tokens[index + 1]?.type === 'equals') return null;
  const keywords = [...expected.keys()].filter(isKeyword);
  const nearest = nearestWord(found.text, keywords);
  if (!nearest) return null;
  return failAt(
    found,
    'UNKNOWN_KEYWORD',
    `${quoteToken(found.text)} is not a keyword of the dialect`,
    `did you mean ${nearest}?`,
  );
}

const modelWords = Object.values(modelKeywords).flat();
const isKeyword = (type: string) => (clauseKeywords as readonly string[]).includes(type) || modelWords.includes(type);

const valueStarts = new Set(['number', 'string', 'name', 'open', 'openList', 'NOT']);
/** The lists of the grammar: what their items are called, and which tokens an item starts with. */
const lists: Readonly<Record<string, { readonly items: string; readonly starts: ReadonlySet<string> }>> = {
  strings: { items: 'the strings of CMD', starts: new Set(['string']) },
  attributes: { items: 'the attributes of WITH', starts: new Set(['name']) },
  columnItems: { items: 'the columns of COLUMN', starts: new Set([...valueStarts, 'star']) },
  constraints: { items: 'the expressions of CONSTRAINT', starts: valueStarts },
  expressions: { items: 'the values of a list', starts: valueStarts },
  names: { items: 'the tables of INTO', starts: new Set(['name', 'string']) },
};

function missingComma({ found, expected }: Failure): MillraceError | null {
  const list = lists[expected.get('comma') ?? ''];
  if (!list?.starts.has(found.type)) return null;
  return failAt(found, 'MISSING_COMMA', `expected ',' between ${list.items}`, 'add a comma here');
}

/** A clause that is repeated, misplaced, or not allowed with the verb. */
function misplacedClause({ found, expected, form, verb, seen }: Failure): MillraceError | null {
  const atClause = expected.has('end') || form.clauses.some((clause) => expected.has(clause));
  if (!atClause || !clauseWords.has(found.type)) return null;
  const order = `the order is ${form.clauses.join(', ')}`;
  if (!form.clauses.includes(found.type)) {
    const hint = form.clauses.length > 0 ? `its clauses are ${form.clauses.join(', ')}` : 'end the statement here';
    return failAt(found, 'UNEXPECTED_CLAUSE', `${verb} has no ${found.type}`, hint);
  }
  if (seen.includes(found.type) && (found.type !== 'COLUMN' || seen.at(-1) === 'COLUMN')) {
    return failAt(found, 'DUPLICATE_CLAUSE', `${found.type} is given twice`, 'combine the two');
  }
  const later = seen.find((clause) => form.clauses.indexOf(clause) > form.clauses.indexOf(found.type));
  return later ? failAt(found, 'CLAUSE_ORDER', `${found.type} must come before ${later}`, order) : null;
}

function missingClause(failure: Failure): MillraceError | null {
  const { found, expected, form, verb } = failure;
  const missing = form.required.find((clause) => expected.has(clause));
  if (!missing || (found.type !== 'end' && !clauseWords.has(found.type))) return null;
  return failAt(found, 'MISSING_CLAUSE', `${verb} needs ${missing}`, `add ${missing} here: ${formOf(failure)}`);
}

/** Words that start a statement of SQL. */
const statementWords = new Set(
  'ALTER CALL CREATE DELETE DESCRIBE DROP EXPLAIN GRANT INSERT RENAME REPLACE SELECT SET SHOW TRUNCATE UPDATE USE'.split(
    ' ',
  ),
);

function missingSemicolon({ found, expected }: Failure): MillraceError | null {
  const word = found.text.toUpperCase();
  if (!expected.has('end') || !statementWords.has(word)) return null;
  return failAt(
    found,
    'MISSING_SEMICOLON',
    `${word} starts a new statement; the previous one has no ';'`,
    "add a ';' before it",
  );
}

function secondVerb({ found, expected, verb }: Failure): MillraceError | null {
  if (found.type !== 'TO' || !expected.has('end')) return null;
  return failAt(
    found,
    'SYNTAX',
    `a statement can have only one TO, and this one already has ${verb}`,
    "end the previous statement with ';'",
  );
}
