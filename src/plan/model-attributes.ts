import type { FileKind } from '../model-task.ts';
import type { Value } from '../sql/statement.ts';
import { oneOf, text, texts, wholeNumber } from './attribute-values.ts';

/** WITH attributes of `CREATE MODEL … FROM`. */
export const fileAttributes = {
  kind: {
    expects: "'detector', 'classifier' or 'tabular'",
    read: (value: Value) => oneOf(value, ['detector', 'classifier', 'tabular']),
    otherwise: null as FileKind | null,
  },
  storage: {
    expects: "'path' or 'database'",
    read: (value: Value) => oneOf(value, ['path', 'database']),
    otherwise: 'path' as 'path' | 'database',
  },
  class_names: {
    expects: "a list of names, e.g. ['cat', 'dog']",
    read: (value: Value) => {
      const names = texts(value)
        ?.flatMap((name) => (value.kind === 'list' ? [name] : name.split(',')))
        .map((name) => name.trim());
      return names?.length === 0 || names?.includes('') ? undefined : names;
    },
    otherwise: null as readonly string[] | null,
  },
  profile: { expects: "the name of a profile, e.g. 'a100'", read: text, otherwise: null as string | null },
  classes_file: { expects: 'a path inside a volume', read: text, otherwise: null as string | null },
};

const mostLatencyMs = 600_000;

/** WITH attributes of `CREATE MODEL … LIKE`. */
export const simulationAttributes = {
  latency: {
    expects: `ms per image, 0 to ${mostLatencyMs}`,
    read: (value: Value) => numberWithin(value, mostLatencyMs),
    otherwise: null as number | null,
  },
  accuracy: {
    expects: 'a number from 0 to 1',
    read: (value: Value) => numberWithin(value, 1),
    otherwise: null as number | null,
  },
  class_coverage: {
    expects: 'a list of class ids, e.g. [41, 39]',
    read: (value: Value) => {
      const ids = value.kind === 'list' ? value.items.map((item) => wholeNumber(item, 0, 2 ** 31)) : [undefined];
      return ids.length === 0 || ids.includes(undefined) ? undefined : (ids as readonly number[]);
    },
    otherwise: null as readonly number[] | null,
  },
};

function numberWithin(value: Value, most: number): number | undefined {
  return value.kind === 'number' && value.value >= 0 && value.value <= most ? value.value : undefined;
}
