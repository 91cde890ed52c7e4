import { MillraceError } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import { valueText } from '../sql/expression-nodes.ts';
import type { Attribute, Value } from '../sql/statement.ts';
import { Wrong } from './attribute-values.ts';

/** How the value of a WITH attribute is read. */
export interface AttributeReader<T> {
  readonly expects: string;
  /** @returns undefined if the value is not what `expects` says */
  readonly read: (value: Value) => T | Wrong | undefined;
  readonly otherwise: T;
}

type Readers = Readonly<Record<string, AttributeReader<unknown>>>;

/** The attributes after reading; absent ones have their default. */
type Read<R extends Readers> = { readonly [Name in keyof R]: R[Name]['otherwise'] };

/**
 * Reads the attributes and reports each that is unknown or of the wrong kind.
 * @param verb as it is written, for the error
 */
export function readAttributes<R extends Readers>(
  attributes: readonly Attribute[],
  readers: R,
  verb: string,
  report: (error: MillraceError) => void,
): Read<R> {
  const values = Object.fromEntries(Object.entries(readers).map(([name, { otherwise }]) => [name, otherwise]));
  for (const attribute of attributes) {
    const reader = Object.hasOwn(readers, attribute.name) ? readers[attribute.name] : undefined;
    if (reader === undefined) report(unknownAttribute(attribute, Object.keys(readers), verb));
    else {
      const value = reader.read(attribute.value);
      if (value === undefined || value instanceof Wrong) report(wrongAttribute(attribute, value ?? reader.expects));
      else values[attribute.name] = value;
    }
  }
  return values as Read<R>;
}

/** @param instead what to do, if that is known */
export function unknownAttribute(
  { name, nameSpan }: Attribute,
  known: readonly string[],
  verb: string,
  instead?: string,
): MillraceError {
  const nearest = nearestName(name, known);
  const hint = instead ?? (nearest === undefined ? `use one of ${known.join(', ')}` : `did you mean ${nearest}?`);
  return new MillraceError('UNKNOWN_ATTRIBUTE', `unknown attribute '${name}' for ${verb}`, { span: nameSpan, hint });
}

function wrongAttribute({ name, value }: Attribute, why: Wrong | string): MillraceError {
  const [message, hint] =
    why instanceof Wrong
      ? [why.message, why.hint]
      : [`the attribute '${name}' cannot be ${valueText(value)}`, `give ${why}`];
  return new MillraceError('WRONG_ATTRIBUTE', message, { span: value.span, hint });
}
