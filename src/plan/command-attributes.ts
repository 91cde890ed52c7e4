import type { Catalog } from '../catalog/catalog.ts';
import type { Attribute, RunStatement, SqlStatement, StringLiteral } from '../sql/statement.ts';

/** Turns options of the image's own program in CMD into attributes of the statement; attributes in WITH take precedence. */
export function withCommandAttributes<T extends SqlStatement>(statement: T, { images }: Pick<Catalog, 'images'>): T {
  if (statement.kind !== 'run') return statement;
  const names = images.find(({ name }) => name === statement.image.name)?.attributeOptions ?? [];
  const given = statement.command.flatMap((literal) => attributeOf(literal, names) ?? []);
  return given.length === 0
    ? statement
    : { ...statement, attributes: [...given, ...(statement as RunStatement).attributes] };
}

function attributeOf({ value: written, span }: StringLiteral, names: readonly string[]): Attribute | null {
  const name = names.find((name) => written.startsWith(`--${name}=`));
  if (name === undefined) return null;
  const text = written.slice(name.length + 3);
  const value = /^\d{1,15}$/.test(text)
    ? ({ kind: 'number', value: Number(text), text, span } as const)
    : ({ kind: 'string', value: text, span } as const);
  return { name, nameSpan: span, value, span };
}
