import { type Command, InvalidArgumentError, Option, type OptionValues } from '@commander-js/extra-typings';

/** Adds the options that choose where statements run. */
export function placed<Args extends unknown[], Options extends OptionValues>(command: Command<Args, Options>) {
  return command
    .addOption(
      new Option(
        '--engine <engine>',
        'engine of this machine; argo runs Argo Workflows on Kubernetes (default: MILLRACE_ENGINE)',
      ).choices(['local', 'argo']),
    )
    .option('--datasource <name>', 'datasource on the server (default: first)');
}

export function withProgram(millrace: Command, name: string, description: string) {
  return millrace
    .command(name)
    .description(description)
    .argument('[sql]', 'the program, or - for standard input')
    .option('-f, --file <file>', 'read the program from a file')
    .option('--json', 'print JSON lines');
}

export function ofStatement(millrace: Command, name: string, description: string) {
  const command = millrace.command(name).description(description).argument('<id>', 'id of the statement');
  return placed(command.option('--json', 'print JSON lines'));
}

export function wholeNumber(written: string): number {
  if (/^\d{1,15}$/.test(written)) return Number(written);
  throw new InvalidArgumentError('Expected a whole number, 0 or more.');
}

/** Parses a maximum number. */
export function atMost(written: string): number {
  const number = wholeNumber(written);
  if (number > 0) return number;
  throw new InvalidArgumentError('Expected a whole number, 1 or more.');
}

/** Adds `name:value`; the option may be repeated. */
export function addLabel(written: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const colon = written.indexOf(':');
  if (colon < 1) throw new InvalidArgumentError('Expected the form name:value.');
  return { ...before, [written.slice(0, colon)]: written.slice(colon + 1) };
}

/** Adds a value; the option may be repeated. */
export function addParameter(written: string, before: readonly string[] = []): readonly string[] {
  return [...before, written];
}

export const parameterHelp = 'value for a ?, or name=value for :name; may be repeated';
