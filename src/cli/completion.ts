import completions, { type Complete, script } from '@bomb.sh/tab';
import type { Command, CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Config } from '../config.ts';
import { statementStates } from '../ledger/statement-states.ts';
import { visibleLine } from '../visible-text.ts';
import { openService, readPlace } from './open-service.ts';

/** `millrace completion SHELL`: prints the script for the shell to source. */
export function printCompletion(shell: string): number {
  script(shell, 'millrace', 'millrace');
  return 0;
}

interface Choice {
  readonly value: string;
  readonly description: string;
}

/** `millrace complete -- WORDS`: called by the shell at each Tab; the last word is being typed. */
export async function complete(
  words: readonly string[],
  millrace: Command,
  config: Config,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const due = argumentDue(millrace, words);
  const known = {
    id: due === 'id' ? await statementIds(config, environment) : [],
    name: due === 'name' ? await modelNames(config, environment) : [],
  };
  addCommands(millrace, '', known);
  completions.parse([...words]);
  return 0;
}

/** Values of arguments that only the database knows, by the arguments' names. */
type Known = Readonly<Record<'id' | 'name', readonly Choice[]>>;

/** @param path names of the commands above, each followed by a space */
function addCommands(parent: CommandUnknownOpts, path: string, known: Known): void {
  for (const command of parent.createHelp().visibleCommands(parent)) {
    const name = `${path}${command.name()}`;
    addCommand(command, name, known);
    addCommands(command, `${name} `, known);
  }
}

function addCommand(command: CommandUnknownOpts, path: string, known: Known): void {
  const completed = completions.command(path, command.description());
  for (const { long, short, description, required, argChoices = [] } of command.options) {
    const name = long?.slice(2) ?? '';
    const choices = name === 'state' ? plain(statementStates) : plain(argChoices);
    if (required) completed.option(name, description, (offer) => offerAll(offer, choices), short?.slice(1));
    else completed.option(name, description, short?.slice(1));
  }
  for (const argument of command.registeredArguments) {
    const name = argument.name();
    const choices = name === 'id' || name === 'name' ? known[name] : plain(argument.argChoices ?? []);
    completed.argument(name, (offer) => offerAll(offer, choices));
  }
}

/** What the first argument of the command that is being typed is called; null: it has none. */
function argumentDue({ commands }: CommandUnknownOpts, [name, ...more]: readonly string[]): string | null {
  const command = commands.find((each) => each.name() === name);
  if (command === undefined || more.length === 0) return null;
  return argumentDue(command, more) ?? command.registeredArguments[0]?.name() ?? null;
}

function plain(values: readonly string[]): readonly Choice[] {
  return values.map((value) => ({ value, description: '' }));
}

function offerAll(offer: Complete, choices: readonly Choice[]): void {
  for (const { value, description } of choices) offer(value, description);
}

/** Ids of the last statements, newest first. Never starts a database, and ignores errors. */
async function statementIds(config: Config, environment: NodeJS.ProcessEnv): Promise<readonly Choice[]> {
  if (config.dsn === null && !environment.MILLRACE_URL) return [];
  try {
    const service = await openService(readPlace(config, environment, {}), () => {});
    const statements = await service.list({ limit: 50 }).finally(() => service.close());
    return statements.map(({ id, state, sql }) => ({ value: id, description: `${state}  ${oneLine(sql)}` }));
  } catch {
    return [];
  }
}

/** Names of models, for the commands about them. Never starts a database, and ignores errors. */
async function modelNames(config: Config, environment: NodeJS.ProcessEnv): Promise<readonly Choice[]> {
  if (config.dsn === null && !environment.MILLRACE_URL) return [];
  try {
    const service = await openService(readPlace(config, environment, {}), () => {});
    const models = await service.models().finally(() => service.close());
    return models.map(({ name, kind }) => ({ value: name, description: kind }));
  } catch {
    return [];
  }
}

function oneLine(sql: string): string {
  return visibleLine(sql.replace(/\s+/g, ' ').trim()).slice(0, 60);
}
