import type { CatalogImage } from '../catalog/catalog.ts';
import { MillraceError, type Span } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import type { ProgramContract } from '../programs/contract.ts';
import { contractOf, verbPrograms } from '../programs/programs.ts';
import type { RunStatement, StringLiteral } from '../sql/statement.ts';

/** The content of CMD: a program of the worker, and its options as written, `--name=value`, by their names in the contract. */
export interface Command {
  /** What the statement calls the program. */
  readonly name: string;
  readonly contract: ProgramContract;
  readonly options: Readonly<Record<string, GivenOption>>;
}

export interface GivenOption {
  /** The option's name as written: `--conf-thres`. */
  readonly written: string;
  readonly value: string;
  readonly span: Span;
}

/** Splits CMD into the program and its options. Reports unknown ones; returns null if the program itself is wrong. */
export function readCommand(
  statement: RunStatement,
  image: CatalogImage,
  report: (error: MillraceError) => void,
): Command | null {
  const [program, ...rest] = statement.command;
  const contract = findProgram(statement, image, program);
  if (contract instanceof MillraceError) {
    report(contract);
    return null;
  }
  const own = rest.filter((literal) => !isIgnored(literal, image));
  const name = program?.value ?? contract.name;
  const options = readOptions(own, name, contract, report);
  return { name, contract, options: Object.hasOwn(verbPrograms, name) ? asAttributes(options) : options };
}

/** Names of options as the statement of a verb writes them. */
function asAttributes(options: Command['options']): Command['options'] {
  const written = (name: string) => (name === 'labels' ? 'LABEL' : name);
  return Object.fromEntries(
    Object.entries(options).map(([name, given]) => [name, { ...given, written: written(name) }]),
  );
}

function isIgnored({ value }: StringLiteral, { ignoredOptions, attributeOptions }: CatalogImage): boolean {
  return [...ignoredOptions, ...attributeOptions].some((name) => value.startsWith(`--${name}=`));
}

function findProgram(
  statement: RunStatement,
  image: CatalogImage,
  program: StringLiteral | undefined,
): ProgramContract | MillraceError {
  const known = Object.keys(image.programs)
    .map((name) => `"${name}"`)
    .join(' or ');
  if (program === undefined) {
    const hint = `add CMD ${known}, "--model=…", "--image_dir=…"`;
    return new MillraceError('MISSING_COMMAND', `${image.name} needs a CMD`, { span: statement.image.span, hint });
  }
  const commands = { ...verbPrograms, ...image.programs };
  const name = Object.hasOwn(commands, program.value) ? commands[program.value] : undefined;
  if (name !== undefined) return contractOf(name);
  const message = `unknown program '${program.value}' for ${image.name}`;
  return new MillraceError('UNKNOWN_PROGRAM', message, { span: program.span, hint: `use ${known}` });
}

function readOptions(
  literals: readonly StringLiteral[],
  program: string,
  contract: ProgramContract,
  report: (error: MillraceError) => void,
): Command['options'] {
  const options: Record<string, GivenOption> = {};
  for (const literal of literals) {
    const option = readOption(literal, program, contract);
    if (option instanceof MillraceError) report(option);
    else if (Object.hasOwn(options, option.name)) report(givenTwice(option.given, options[option.name]!));
    else options[option.name] = option.given;
  }
  return options;
}

/** `--name=value`, or `--name` alone for one that is true or false. */
function readOption(
  { value: literal, span }: StringLiteral,
  program: string,
  contract: ProgramContract,
): { readonly name: string; readonly given: GivenOption } | MillraceError {
  const [, written, value] = /^(--[^=]+)(?:=(.*))?$/s.exec(literal) ?? [];
  if (written === undefined) return notAnOption(literal, span);
  const called = written.slice(2).replaceAll('-', '_');
  const name = Object.hasOwn(contract.aliases, called) ? contract.aliases[called]! : called;
  const option = Object.hasOwn(contract.options, name) ? contract.options[name] : undefined;
  if (option === undefined) {
    const hint = hintFor(name, contract);
    return new MillraceError('UNKNOWN_OPTION', `unknown option '${written}' for ${program}`, { span, hint });
  }
  if (value === undefined && option.kind !== 'flag') return notAnOption(literal, span);
  return { name, given: { written, value: value ?? 'true', span } };
}

function notAnOption(literal: string, span: Span): MillraceError {
  const hint = 'write options as "--name=value"';
  return new MillraceError('WRONG_OPTION', `'${literal}' is not an option`, { span, hint });
}

function givenTwice({ written, span }: GivenOption, first: GivenOption): MillraceError {
  const what =
    written === first.written
      ? `the option '${written}' is given twice`
      : `the options '${first.written}' and '${written}' are the same`;
  return new MillraceError('WRONG_OPTION', what, { span, hint: 'keep one of them' });
}

function hintFor(name: string, { options, aliases, optionsElsewhere }: ProgramContract): string {
  if (Object.hasOwn(optionsElsewhere, name)) return optionsElsewhere[name]!;
  const names = Object.keys(options);
  const nearest = nearestName(name, [...names, ...Object.keys(aliases)]);
  return nearest === undefined ? `use one of --${names.join(', --')}` : `did you mean --${nearest}?`;
}
