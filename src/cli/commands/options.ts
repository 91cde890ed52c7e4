import { type Command, InvalidArgumentError, Option, type OptionValues } from '@commander-js/extra-typings';

/** Where statements run. */
export function placed<Args extends unknown[], Options extends OptionValues>(command: Command<Args, Options>) {
  return command
    .addOption(
      new Option('--engine <engine>', 'local, or argo: Argo Workflows on Kubernetes (MILLRACE_ENGINE)').choices([
        'local',
        'argo',
      ]),
    )
    .option('--datasource <name>', 'one of the server (MILLRACE_URL); its first');
}

export function withProgram(millrace: Command, name: string, description: string) {
  return millrace
    .command(name)
    .description(description)
    .argument('[sql]', 'the program; - reads standard input')
    .option('-f, --file <file>', 'read the program from a file')
    .option('--json', 'print JSON lines');
}

export function ofStatement(millrace: Command, name: string, description: string) {
  const command = millrace.command(name).description(description).argument('<id>', 'the id of a statement');
  return placed(command.option('--json', 'print JSON lines'));
}

export function wholeNumber(written: string): number {
  if (/^\d{1,15}$/.test(written)) return Number(written);
  throw new InvalidArgumentError('It is a whole number, 0 or more.');
}

/** How many at most. */
export function atMost(written: string): number {
  const number = wholeNumber(written);
  if (number > 0) return number;
  throw new InvalidArgumentError('It is 1 or more.');
}

/** `name:value`, as often as it is given. */
export function addLabel(written: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const colon = written.indexOf(':');
  if (colon < 1) throw new InvalidArgumentError('It is of the form name:value.');
  return { ...before, [written.slice(0, colon)]: written.slice(colon + 1) };
}

/** As often as it is given. */
export function addParameter(written: string, before: readonly string[]): readonly string[] {
  return [...before, written];
}

export const parameterHelp = 'a value for each ?, or name=value for :name; may be repeated';
