import type { MillraceError } from '../errors.ts';
import { contractOf, type ProgramName } from '../programs/programs.ts';
import type { Attribute, StringLiteral } from '../sql/statement.ts';
import { attributeText } from './attribute-text.ts';
import { runAttributes } from './attributes.ts';
import { unknownAttribute } from './read-attributes.ts';

interface VerbOptions {
  /** Those that every statement over rows has. */
  readonly attributes: readonly Attribute[];
  /** The others, as options of the program's command. */
  readonly options: readonly StringLiteral[];
}

/**
 * The attributes of a verb that runs a program of TO RUN.
 * @param decided options that the verb itself gives
 */
export function verbOptions(
  attributes: readonly Attribute[],
  program: ProgramName,
  decided: readonly string[],
  verb: string,
  report: (error: MillraceError) => void,
): VerbOptions {
  return {
    attributes: attributes.filter(({ name }) => Object.hasOwn(runAttributes, name)),
    options: attributes
      .filter(({ name }) => !Object.hasOwn(runAttributes, name))
      .flatMap((attribute) => optionOf(attribute, program, decided, verb, report) ?? []),
  };
}

function optionOf(
  attribute: Attribute,
  program: ProgramName,
  decided: readonly string[],
  verb: string,
  report: (error: MillraceError) => void,
): StringLiteral | null {
  const { name, value } = attribute;
  const { options, aliases, optionsElsewhere } = contractOf(program);
  const own = Object.keys(options).filter((each) => !decided.includes(each));
  const meant = Object.hasOwn(aliases, name) ? aliases[name]! : name;
  if (!own.includes(meant)) {
    const elsewhere = Object.hasOwn(optionsElsewhere, name) ? optionsElsewhere[name] : undefined;
    report(unknownAttribute(attribute, [...own, ...Object.keys(runAttributes)], verb, elsewhere));
    return null;
  }
  return { kind: 'string', value: `--${meant}=${attributeText(value)}`, span: value.span };
}
