import type { Span } from '../../errors.ts';
import { defaultMode, type LexicalMode } from '../lexical-mode.ts';
import type { Token } from '../standard-lexer.ts';
import { createScanner, type Scanner } from '../tokens.ts';
import { createEffect } from './effect.ts';
import { createLocalInfile } from './local-infile.ts';
import { createNames, type Names } from './names.ts';
import { createSessionUse, type SessionUse } from './session-use.ts';
import { createTableReferences, type TableReference } from './table-references.ts';
import { createTableWords, type TableUse, tableUseOf } from './table-use.ts';
import { createTarget, type Target } from './target.ts';
import { createVariables, type VariableUse } from './variables.ts';
import { type Collector, type Context, end, start, type Word, wordOf } from './word.ts';

/**
 * What standard SQL (a statement, or the query before TO) does and needs. "In every reading" means: however a session may read the text.
 * The mode of the session is the server's, and an earlier statement of the program may have changed it. Places are offsets in the program.
 */
export interface Facts {
  /** Its first word in upper case, ignoring opening brackets; empty if it does not start with a word. */
  readonly verb: string;
  /** What it does that a reader may not, in any reading; null if nothing. Such a statement can safely be repeated or ended early. */
  readonly effect: string | null;
  readonly tables: TableUse;
  /** The tables and views named in its lists of tables. */
  readonly references: readonly TableReference[];
  /** The object that it creates, alters or inserts into. */
  readonly target: Target | null;
  /** In every reading. */
  readonly session: SessionUse;
  /** The first user variable that it does not set itself. */
  readonly variable: VariableUse | null;
  readonly localInfile: Span | null;
  /** In every reading. */
  readonly names: NameFacts;
}

export interface NameFacts {
  /** Each folded name, with the first place where it may name a schema; null if there is no such place. */
  readonly places: ReadonlyMap<string, Span | null>;
  /** Whether the server may see names or statements that the text does not show. */
  readonly isUnsure: boolean;
  /** Where SQL may be run that is composed at run time. */
  readonly dynamic: Span | null;
}

/** Reads the tokens of a text; comments are skipped. */
export interface FactsReader {
  read(token: Token): void;
  /** @param text everything that was read. @param withoutLast whether the last token is not part of it */
  end(text: string, span: Span, withoutLast?: boolean): Facts;
}

/** The tables and views that a query reads. */
export function tableReferences(query: string, mode: LexicalMode = defaultMode): readonly TableReference[] {
  const references = createTableReferences();
  readAll(query, mode, openWindow(mode, [references]));
  return references.result();
}

/** Holds a few words at a time and each name once, so memory does not grow with the text. */
export function createFactsReader(mode: LexicalMode): FactsReader {
  const reading = createReading(0);
  const [tableWords, references, target] = [createTableWords(), createTableReferences(), createTarget()];
  const [variables, localInfile, verb] = [createVariables(0), createLocalInfile(0), createVerb()];
  const window = openWindow(mode, [
    ...reading.collectors,
    tableWords,
    references,
    target,
    variables,
    localInfile,
    verb,
  ]);
  return {
    read: window.read,
    end(text, span, withoutLast = false) {
      window.end(withoutLast);
      const first = reading.result();
      const { effect, session, names } = otherReadings(text, span, mode).reduce(worst, first);
      const made = target.result();
      return Object.freeze({
        verb: verb.result(),
        effect,
        tables: Object.freeze(tableUseOf(verb.result(), tableWords.result(), made, first.names.places)),
        references: Object.freeze(references.result()),
        target: made,
        session: Object.freeze(session),
        variable: variables.result(),
        localInfile: localInfile.result(),
        names: Object.freeze(nameFacts(names, text, span)),
      });
    },
  };
}

/** The facts of a query in a string of the program: whatever they find, its place is the string. */
export function factsWithin(text: string, place: Span, mode: LexicalMode): Facts {
  const reader = createFactsReader(mode);
  const scanner = scannerOf(text, mode);
  for (let token = scanner.next(); token !== undefined; token = scanner.next())
    if (token.type !== 'comment') reader.read(token);
  const facts = reader.end(text, { start: 0, end: text.length });
  const { variable, localInfile, names } = facts;
  const places = new Map([...names.places].map(([name, found]) => [name, found && place]));
  return Object.freeze({
    ...facts,
    variable: variable && { ...variable, span: place },
    localInfile: localInfile && place,
    names: Object.freeze({ ...names, places, dynamic: names.dynamic && place }),
  });
}

/** The facts that may differ between readings of a text. */
interface Reading {
  readonly effect: string | null;
  readonly session: SessionUse;
  readonly names: Names;
}

/** @param base offset of the text in the program */
function createReading(base: number) {
  const [effect, session, names] = [createEffect(), createSessionUse(), createNames(base)];
  return {
    collectors: [effect, session, names],
    result: (): Reading => ({ effect: effect.result(), session: session.result(), names: names.result() }),
  };
}

/** A reading in which a string or comment is not closed does not count, because the server rejects it. */
function otherReadings(text: string, { start }: Span, mode: LexicalMode): readonly Reading[] {
  return otherModes(text, mode).flatMap((other) => {
    const reading = createReading(start);
    return readAll(text, other, openWindow(other, reading.collectors)) ? [reading.result()] : [];
  });
}

function otherModes(text: string, { noBackslashEscapes, ansiQuotes }: LexicalMode): readonly LexicalMode[] {
  const modes: LexicalMode[] = [];
  const otherQuotes = text.includes('"');
  if (otherQuotes) modes.push({ noBackslashEscapes, ansiQuotes: !ansiQuotes });
  if (!text.includes('\\')) return modes;
  modes.push({ noBackslashEscapes: !noBackslashEscapes, ansiQuotes });
  if (otherQuotes) modes.push({ noBackslashEscapes: !noBackslashEscapes, ansiQuotes: !ansiQuotes });
  return modes;
}

/** Combines the readings: the worst of each fact. */
function worst(one: Reading, other: Reading): Reading {
  const places = new Map(one.names.places);
  for (const [name, place] of other.names.places) if (!places.get(name)) places.set(name, place);
  return {
    effect: one.effect ?? other.effect,
    session: {
      changes: one.session.changes || other.session.changes,
      leaves: one.session.leaves && other.session.leaves,
      runsOthers: one.session.runsOthers || other.session.runsOthers,
      changesMode: one.session.changesMode || other.session.changesMode,
    },
    names: {
      places,
      dynamic: one.names.dynamic ?? other.names.dynamic,
      isMalformed: one.names.isMalformed || other.names.isMalformed,
    },
  };
}

function nameFacts({ places, dynamic, isMalformed }: Names, text: string, span: Span): NameFacts {
  const isExecutable = text.includes('/*!') || text.includes('/*M!') || text.includes('$$');
  return {
    places: Object.freeze(places),
    isUnsure: isExecutable || isMalformed || mayBeReadOtherwise(text),
    dynamic: dynamic ?? (isExecutable && mayBeDynamic(text) ? span : null),
  };
}

/**
 * Whether the server may see other strings, names and comments than we do: in comments that it executes, in dollar-quoted strings, and
 * after SET sql_mode or SET NAMES, where a backslash or backquote may have another meaning or be the second byte of a character.
 * https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html#sqlmode_no_backslash_escapes
 */
const mayBeReadOtherwise = (text: string) => text.includes('\\') || (text.includes('`') && beyondAscii.test(text));

const beyondAscii = /[\x80-\uffff]/;

function mayBeDynamic(text: string): boolean {
  const upper = text.toUpperCase();
  return upper.includes('PREPARE') || upper.includes('EXECUTE');
}

function createVerb(): Collector<string> {
  let verb: string | undefined;
  return {
    look({ word: { keyword, token } }) {
      if (token.type !== 'open' && token.type !== 'executable') verb ??= token.type === 'word' ? keyword : '';
    },
    result: () => verb ?? '',
  };
}

interface Window {
  read(token: Token): void;
  end(withoutLast: boolean): void;
}

/** Shows each word to the collectors with its neighbours, including words of comments that only some servers execute. */
function openWindow(mode: LexicalMode, collectors: readonly Collector<unknown>[]): Window {
  const context: Context = {
    beforePrevious: undefined,
    previous: undefined,
    word: start,
    next: start,
    afterNext: start,
    first: undefined,
  };

  function push(following: Word): void {
    const { word, next, afterNext } = context;
    if (word !== start) {
      context.beforePrevious = context.previous;
      context.previous = word;
    }
    context.word = next;
    context.next = afterNext;
    context.afterNext = following;
    if (next === start || next === end) return;
    if (context.first === undefined && next.token.type !== 'open' && !next.executed) context.first = next;
    for (const collector of collectors) collector.look(context);
  }

  return {
    read(token) {
      push(wordOf(token, false));
      if (token.type !== 'executable') return;
      const scanner = scannerOf(executedText(token.text), mode);
      for (let inner = scanner.next(); inner !== undefined; inner = scanner.next()) {
        if (inner.type === 'comment') continue;
        push(wordOf({ ...inner, offset: token.offset, end: token.end }, true));
      }
    },
    end(withoutLast) {
      if (withoutLast) context.afterNext = end;
      for (let left = 3; left > 0; left--) push(end);
    },
  };
}

/** The content of an executable comment, without `/*!`, the version and the end. */
function executedText(text: string): string {
  const inner = text.slice(text.indexOf('!') + 1, -2);
  return inner.slice(/^\d{0,6}/.exec(inner)?.[0].length ?? 0);
}

function scannerOf(text: string, mode: LexicalMode): Scanner {
  const scanner = createScanner(text, mode);
  scanner.enter('query');
  return scanner;
}

/** Whether every string and comment is closed. */
function readAll(text: string, mode: LexicalMode, window: Window): boolean {
  const scanner = scannerOf(text, mode);
  for (let token = scanner.next(); token !== undefined; token = scanner.next()) {
    if (token.type === 'unclosedString' || token.type === 'unclosedComment') return false;
    if (token.type !== 'comment') window.read(token);
  }
  window.end(false);
  return true;
}
