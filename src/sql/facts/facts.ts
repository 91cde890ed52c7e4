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
 * What standard SQL does and needs: a statement, or the query before TO. Where it says so, in whatever way a session may read the text:
 * its mode is the server's, and a statement of the same program may have set it. Places are those in the program.
 */
export interface Facts {
  /** Its first word in upper case, without the brackets before it; empty: it begins otherwise. */
  readonly verb: string;
  /** What it does that a reader may not, however it is read; null: nothing. So to run it twice, or to end it early, is to read once. */
  readonly effect: string | null;
  readonly tables: TableUse;
  /** The tables and views in its lists of tables. */
  readonly references: readonly TableReference[];
  /** What it creates, alters or inserts into. */
  readonly target: Target | null;
  /** However it is read. */
  readonly session: SessionUse;
  /** The first variable of a user that it does not set itself. */
  readonly variable: VariableUse | null;
  readonly localInfile: Span | null;
  /** However it is read. */
  readonly names: NameFacts;
}

export interface NameFacts {
  /** Each folded name, and the first place where it may be that of a schema; null: there is none. */
  readonly places: ReadonlyMap<string, Span | null>;
  /** Whether the server may see other names, and other statements, than stand there. */
  readonly isUnsure: boolean;
  /** Where SQL may be run that is only put together then. */
  readonly dynamic: Span | null;
}

/** Reads the tokens of a text, without its comments. */
export interface FactsReader {
  read(token: Token): void;
  /** @param text all of what was read. @param withoutLast the last token is not part of it */
  end(text: string, span: Span, withoutLast?: boolean): Facts;
}

/** The tables and views that a query reads. */
export function tableReferences(query: string, mode: LexicalMode = defaultMode): readonly TableReference[] {
  const references = createTableReferences();
  readAll(query, mode, openWindow(mode, [references]));
  return references.result();
}

/** Holds a few words at a time, and each name once, however long the text is. */
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

/** What may differ between the ways to read a text. */
interface Reading {
  readonly effect: string | null;
  readonly session: SessionUse;
  readonly names: Names;
}

/** @param base where the text begins in the program */
function createReading(base: number) {
  const [effect, session, names] = [createEffect(), createSessionUse(), createNames(base)];
  return {
    collectors: [effect, session, names],
    result: (): Reading => ({ effect: effect.result(), session: session.result(), names: names.result() }),
  };
}

/** A way in which a string or comment does not end is none, since the server refuses it. */
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

/** What holds of all of them: the worst. */
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
 * Whether the server may see other strings, names and comments than we do: what it executes of a comment, a string in dollars, and
 * after SET sql_mode or SET NAMES also what a backslash or backquote means, which may be the second byte of a character.
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

/** Shows each word to the collectors, with those around it; and those of comments that the server executes, some only in some versions. */
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

/** Without `/*!`, the version and the end. */
function executedText(text: string): string {
  const inner = text.slice(text.indexOf('!') + 1, -2);
  return inner.slice(/^\d{0,6}/.exec(inner)?.[0].length ?? 0);
}

function scannerOf(text: string, mode: LexicalMode): Scanner {
  const scanner = createScanner(text, mode);
  scanner.enter('query');
  return scanner;
}

/** Whether each string and comment ends. */
function readAll(text: string, mode: LexicalMode, window: Window): boolean {
  const scanner = scannerOf(text, mode);
  for (let token = scanner.next(); token !== undefined; token = scanner.next()) {
    if (token.type === 'unclosedString' || token.type === 'unclosedComment') return false;
    if (token.type !== 'comment') window.read(token);
  }
  window.end(false);
  return true;
}
