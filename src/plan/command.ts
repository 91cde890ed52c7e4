import type { CatalogImage } from '../catalog/catalog.ts';
import { MillraceError, type Span } from '../errors.ts';
import type { ProgramContract } from '../programs/contract.ts';
import { contractOf } from '../programs/programs.ts';
import type { RunStatement, StringLiteral } from '../sql/statement.ts';
import { nearestName } from './nearest-name.ts';

/** The content of CMD: a program of the worker, and its options as written, `--name=value`, by their names in the contract. */
export interface Command {
  readonly contract: ProgramContract;
  readonly options: Readonly<Record<string, GivenOption>>;
}

export interface GivenOption {
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
  return { contract, options: readOptions(own, contract, report) };
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
  const name = Object.hasOwn(image.programs, program.value) ? image.programs[program.value] : undefined;
  if (name !== undefined) return contractOf(name);
  const message = `unknown program '${program.value}' for ${image.name}`;
  return new MillraceError('UNKNOWN_PROGRAM', message, { span: program.span, hint: `use ${known}` });
}

function readOptions(
  literals: readonly StringLiteral[],
  contract: ProgramContract,
  report: (error: MillraceError) => void,
): Command['options'] {
  const options: Record<string, GivenOption> = {};
  for (const literal of literals) {
    const [, name, value] = /^--([^=]+)=(.*)$/s.exec(literal.value) ?? [];
    const problem = checkOption(literal, name?.replaceAll('-', '_'), contract, options);
    if (problem !== null) report(problem);
    else if (name !== undefined && value !== undefined)
      options[name.replaceAll('-', '_')] = { value, span: literal.span };
  }
  return options;
}

function checkOption(
  literal: StringLiteral,
  name: string | undefined,
  contract: ProgramContract,
  given: Command['options'],
): MillraceError | null {
  const { span } = literal;
  if (name === undefined) {
    const hint = 'write options as "--name=value"';
    return new MillraceError('WRONG_OPTION', `'${literal.value}' is not an option`, { span, hint });
  }
  if (!Object.hasOwn(contract.options, name)) {
    const [written] = literal.value.split('=');
    const hint = hintFor(name, contract);
    return new MillraceError('UNKNOWN_OPTION', `unknown option '${written}' for ${contract.name}`, { span, hint });
  }
  if (!Object.hasOwn(given, name)) return null;
  return new MillraceError('WRONG_OPTION', `the option '--${name}' is given twice`, { span, hint: 'keep one of them' });
}

function hintFor(name: string, { options, optionsElsewhere }: ProgramContract): string {
  const elsewhere = Object.hasOwn(optionsElsewhere, name) ? optionsElsewhere[name] : undefined;
  if (elsewhere === null) return 'remove it: there is no equivalent option';
  const names = Object.keys(options);
  const nearest = elsewhere ?? nearestName(name, names);
  return nearest === undefined ? `use one of --${names.join(', --')}` : `did you mean --${nearest}?`;
}
