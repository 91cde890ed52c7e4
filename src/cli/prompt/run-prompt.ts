import { createInterface, type Interface } from 'node:readline/promises';
import { followStatement } from '../follow.ts';
import { openOutput } from '../output.ts';
import type { Service } from '../service.ts';
import { completeWords } from './complete-words.ts';
import { joinLines, writeHistory } from './history.ts';
import { isComplete } from './is-complete.ts';
import { rememberedNames } from './remembered-names.ts';

export interface PromptHistory {
  readonly historyFile: string;
  /** Newest first. */
  readonly history: readonly string[];
}

const firstPrompt = 'millrace> ';
const nextPrompt = '      ...> ';

const help = `Each entry is a program of its own: SET, USE and temporary tables hold until its end.
  SELECT …;                           standard SQL, to the database as it stands
  SELECT … TO RUN image CMD … INTO t; an image over the rows of a query
  Tab completes keywords, tables, images, models and attributes
  Ctrl-C cancels the statement that runs, or clears what is typed; Ctrl-D or quit; ends
`;

/** Reads statements from the terminal and runs them, until its end. */
export async function runPrompt(service: Service, { historyFile, history }: PromptHistory): Promise<void> {
  const names = rememberedNames(service);
  let lines: string[] = [];
  let interrupt: (() => void) | null = null;
  let entries = [...history];

  const terminal = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: firstPrompt,
    history: entries,
    historySize: 1000,
    removeHistoryDuplicates: true,
    completer: (line: string) => completeWords([...lines, line].join('\n'), names),
  });
  terminal.on('history', (changed) => {
    entries = changed;
  });
  terminal.on('SIGINT', () => {
    if (interrupt !== null) return interrupt();
    if (lines.length === 0 && terminal.line === '') process.stdout.write('\nquit; or Ctrl-D ends\n');
    else process.stdout.write('^C\n');
    lines = [];
    startAgain(terminal);
  });

  startAgain(terminal);
  for await (const line of terminal) {
    const word = lines.length === 0 ? commandOf(line) : null;
    if (word === 'quit') break;
    if (word === 'help') process.stdout.write(help);
    else if (lines.length > 0 || line.trim() !== '') lines.push(line);
    const text = lines.join('\n');
    if (lines.length > 0 && isComplete(text)) {
      joinLines(entries, lines);
      await writeHistory(historyFile, entries);
      lines = [];
      await runStatements(service, text, (listener) => {
        interrupt = listener;
        return () => {
          interrupt = null;
        };
      });
      names.forgetAfter(text);
    }
    terminal.setPrompt(lines.length === 0 ? firstPrompt : nextPrompt);
    terminal.prompt(true);
  }
  terminal.close();
  await writeHistory(historyFile, entries);
}

function startAgain(terminal: Interface): void {
  terminal.setPrompt(firstPrompt);
  // What is typed is cleared as by Ctrl-E and Ctrl-U: readline has no method for it.
  terminal.write(null, { ctrl: true, name: 'e' });
  terminal.write(null, { ctrl: true, name: 'u' });
  terminal.prompt();
}

function commandOf(line: string): 'quit' | 'help' | null {
  const word = /^\s*(\\q|quit|exit|\\h|help|\?)\s*;?\s*$/i.exec(line)?.[1]?.toLowerCase();
  if (word === undefined) return null;
  return ['\\q', 'quit', 'exit'].includes(word) ? 'quit' : 'help';
}

async function runStatements(
  service: Service,
  text: string,
  onInterrupt: (listener: () => void) => () => void,
): Promise<void> {
  const output = openOutput(false, () => ({ name: 'statement', text }));
  try {
    await followStatement(service, await service.submit(text), output, onInterrupt);
  } catch (error) {
    output.error(error);
  }
}
