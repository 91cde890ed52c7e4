import { createInterface, type Interface } from 'node:readline/promises';
import type { Service } from '../../service/service.ts';
import { defaultMode, type LexicalMode } from '../../sql/lexical-mode.ts';
import { followStatement, type OnInterrupt } from '../follow.ts';
import { openOutput } from '../output.ts';
import { completeWords, type Names } from './complete-words.ts';
import { joinLines, writeHistory } from './history.ts';
import { openInterrupts } from './interrupts.ts';
import { rememberedNames } from './remembered-names.ts';
import { statementEnd } from './statement-end.ts';

export interface PromptOptions {
  readonly historyFile: string;
  /** Newest first. */
  readonly history: readonly string[];
  /** Whether the standard statements of all entries share one session. */
  readonly oneSession: boolean;
}

/** The lines of the current entry, how they are read, and the history. */
interface Typed {
  lines: string[];
  /** null: not known since the last program. */
  mode: LexicalMode | null;
  /** Newest first; readline's own array. */
  history: string[];
}

const firstPrompt = 'millrace> ';
const nextPrompt = '      ...> ';

const sharedSession = `Standard statements share one session: SET, USE, temporary tables and transactions last until you quit. TO RUN uses separate sessions.
`;
const ownSessions = `Each entry has its own session: SET, USE and temporary tables last until the entry ends.
`;
const help = `\
  SELECT …;                            sends standard SQL to the database
  SELECT … TO RUN image CMD … INTO t;  runs a container image over the rows of a query
  Tab completes keywords, tables, images, models and attributes.
  Ctrl-C cancels the running statement or clears the input. Ctrl-D or quit; exits.
`;

/** Reads statements from the terminal and runs them until the user exits. */
export async function runPrompt(service: Service, { historyFile, history, oneSession }: PromptOptions): Promise<void> {
  const typed: Typed = { lines: [], mode: null, history: [...history] };
  const names = rememberedNames(service);
  const interrupts = openInterrupts();
  const terminal = openTerminal(typed, names);
  terminal.on('SIGINT', () => interrupts.press() || clear(terminal, typed));

  async function runTyped(text: string): Promise<void> {
    joinLines(typed.history, typed.lines);
    typed.lines = [];
    typed.mode = null;
    await writeHistory(historyFile, typed.history);
    await interrupts.during((onInterrupt) => runStatements(service, text, onInterrupt));
    names.forgetTables();
  }

  terminal.prompt();
  for await (const line of terminal) {
    const word = typed.lines.length === 0 ? commandOf(line) : null;
    if (word === 'quit') return terminal.close();
    if (word === 'help') process.stdout.write((oneSession ? sharedSession : ownSessions) + help);
    else typed.lines.push(line);
    const text = typed.lines.join('\n');
    typed.mode ??= await modeOf(service);
    const end = statementEnd(text, typed.mode);
    if (end === 'ended') await runTyped(text);
    if (end === 'empty') typed.lines = [];
    terminal.setPrompt(typed.lines.length === 0 ? firstPrompt : nextPrompt);
    terminal.prompt(true);
  }
  // After Ctrl-D, the cursor is still on the prompt's line.
  process.stdout.write('\n');
}

function openTerminal(typed: Typed, names: Names): Interface {
  const terminal = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: firstPrompt,
    history: typed.history,
    historySize: 1000,
    removeHistoryDuplicates: true,
    completer: (line: string) => completeWords([...typed.lines, line].join('\n'), names),
  });
  return terminal.on('history', (history) => {
    typed.history = history;
  });
}

function clear(terminal: Interface, typed: Typed): void {
  const nothing = typed.lines.length === 0 && terminal.line === '';
  process.stdout.write(nothing ? '\nto exit, type quit; or press Ctrl-D\n' : '^C\n');
  typed.lines = [];
  // Clears the line with the keys Ctrl-E and Ctrl-U, because readline has no method for it.
  terminal.write(null, { ctrl: true, name: 'e' });
  terminal.write(null, { ctrl: true, name: 'u' });
  terminal.setPrompt(firstPrompt);
  terminal.prompt();
}

function commandOf(line: string): 'quit' | 'help' | null {
  const typed = line.trim().toLowerCase();
  const word = (typed.endsWith(';') ? typed.slice(0, -1) : typed).trim();
  if (['\\q', 'quit', 'exit'].includes(word)) return 'quit';
  return ['\\h', 'help', '?'].includes(word) ? 'help' : null;
}

/** If the database does not answer, the default: running the entry reports why. */
const modeOf = (service: Service) => service.mode().catch(() => defaultMode);

async function runStatements(service: Service, text: string, onInterrupt: OnInterrupt): Promise<void> {
  const output = openOutput(false, () => ({ name: 'statement', text }));
  try {
    await followStatement(service, await service.submit(text), output, { onInterrupt });
  } catch (error) {
    output.error(error);
  }
}
