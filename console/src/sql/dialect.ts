import { HighlightStyle, StreamLanguage, type StringStream, syntaxHighlighting } from '@codemirror/language';
import { tags } from '@lezer/highlight';
import { clauseKeywords, verbs } from '../../../src/sql/keywords.ts';

/** What a line may start within. */
interface State {
  readonly end: string | null;
  readonly style: 'string' | 'comment' | 'name';
  /** Whether the last word was TO: a verb may follow. */
  readonly afterTo: boolean;
}

const standardKeywords =
  `ALL ALTER ANALYZE AND AS ASC BEGIN BETWEEN BY CASCADE CASE CAST CHECK COLLATE COMMIT CREATE CROSS DATABASE DATABASES
DEFAULT DELETE DESC DESCRIBE DISTINCT DIV DROP ELSE END EXCEPT EXISTS EXPLAIN FALSE FOREIGN FROM FULL GROUP HAVING IF IN INDEX INNER INSERT
INTERSECT INTERVAL INTO IS JOIN KEY KILL LEFT LIKE LIMIT LOAD LOCK MODEL MODELS NATURAL NOT NULL OFFSET ON OR ORDER OUTER OVER PARTITION PRIMARY
PROFILES RECURSIVE REGEXP RENAME REPLACE RIGHT ROLLBACK ROW ROWS SELECT SET SHOW START STATEMENTS STRAIGHT_JOIN TABLE TABLES TEMPORARY THEN
TRANSACTION TRUE TRUNCATE UNION UNIQUE UPDATE USE USING VALUES VERSION VIEW WHEN WHERE WINDOW WITH XOR`.split(/\s+/);

const keywords = new Set<string>([...standardKeywords, ...clauseKeywords]);
const verbWords = new Set<string>(verbs);

const outside: State = { end: null, style: 'name', afterTo: false };

const language = StreamLanguage.define<{ now: State }>({
  name: 'millrace',
  startState: () => ({ now: outside }),
  copyState: ({ now }) => ({ now }),
  token(stream, state) {
    if (state.now.end !== null) return within(stream, state);
    if (stream.eatSpace()) return null;
    const opened = opening(stream);
    if (opened !== null) {
      state.now = { ...opened, afterTo: false };
      return within(stream, state);
    }
    if (stream.match('#') || stream.match(/^--(?=\s|$)/)) {
      stream.skipToEnd();
      return 'comment';
    }
    if (stream.match(/^\d[\w.]*/)) return 'number';
    const word = stream.match(/^[\w$\u0080-\uffff]+/);
    if (word) return wordStyle((word as RegExpMatchArray)[0].toUpperCase(), state);
    stream.next();
    return null;
  },
  languageData: { closeBrackets: { brackets: ['(', "'", '"', '`'] }, commentTokens: { line: '-- ' } },
});

function opening(stream: StringStream): Pick<State, 'end' | 'style'> | null {
  if (stream.match('/*')) return { end: '*/', style: 'comment' };
  if (stream.match("'")) return { end: "'", style: 'string' };
  if (stream.match('"')) return { end: '"', style: 'string' };
  return stream.match('`') ? { end: '`', style: 'name' } : null;
}

/** Reads to the end of a string or a comment, or of the line. */
function within(stream: StringStream, state: { now: State }): string {
  const { end, style } = state.now;
  while (!stream.eol()) {
    if (stream.match(end!)) {
      state.now = outside;
      break;
    }
    if (stream.next() === '\\' && style === 'string') stream.next();
  }
  return style === 'name' ? 'variableName' : style;
}

function wordStyle(word: string, state: { now: State }): string | null {
  const isVerb = state.now.afterTo && verbWords.has(word);
  state.now = { ...outside, afterTo: word === 'TO' };
  if (isVerb || word === 'TO' || word === 'CMD') return 'operatorKeyword';
  return keywords.has(word) ? 'keyword' : null;
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--code-keyword)' },
  { tag: tags.operatorKeyword, color: 'var(--code-verb)', fontWeight: '600' },
  { tag: tags.string, color: 'var(--code-string)' },
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: tags.comment, color: 'var(--code-comment)', fontStyle: 'italic' },
]);

/** Highlights the dialect: standard SQL, and the verbs after TO. */
export const dialect = [language, syntaxHighlighting(colours)];
