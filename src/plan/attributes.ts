import { MillraceError } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import { largestBatch } from '../programs/model-options.ts';
import { valueText } from '../sql/expression-nodes.ts';
import type { Attribute, Value } from '../sql/statement.ts';
import { mostCommitRows, type WriteMode } from '../task.ts';
import { bytes, duration, oneOf, positiveNumber, text, texts, Wrong, wholeNumber } from './attribute-values.ts';
import { nodeSelector } from './node-selector.ts';
import type { VolumeMount } from './plan.ts';
import { parseVolumes } from './volumes.ts';

/** The WITH attributes of TO RUN after reading; absent ones have their default. */
export interface RunAttributes {
  partitions: number | 'auto';
  partition_by: string | null;
  parallelism: number | null;
  gpu: number;
  cpu: number | null;
  memory: number | null;
  batch_size: number | 'auto';
  commit_rows: number | 'auto';
  max_failed_rows: number;
  retries: number;
  timeout: number | null;
  write_mode: WriteMode;
  volume: readonly VolumeMount[];
  priority: number | null;
  node_selector: Readonly<Record<string, string>>;
}

interface Reader<T> {
  readonly expects: string;
  readonly read: (value: Value) => T | Wrong | undefined;
  readonly otherwise: T;
}

type Readers = { readonly [Name in keyof RunAttributes]: Reader<RunAttributes[Name]> };

export const runAttributes: Readers = {
  partitions: {
    expects: "a whole number from 1 to 10000, or 'auto'",
    read: (value) => oneOf(value, ['auto']) ?? wholeNumber(value, 1, 10_000),
    otherwise: 1,
  },
  partition_by: { expects: "the name of a selected column, e.g. 'camera'", read: text, otherwise: null },
  parallelism: {
    expects: 'a whole number from 1 to 10000',
    read: (value) => wholeNumber(value, 1, 10_000),
    otherwise: null,
  },
  gpu: { expects: 'a whole number from 0 to 64', read: (value) => wholeNumber(value, 0, 64), otherwise: 0 },
  cpu: {
    expects: 'a number of cores from 0.001 to 1024, e.g. 2 or 0.5',
    read: (value) => positiveNumber(value, 1024),
    otherwise: null,
  },
  memory: { expects: "a number of bytes, e.g. '4Gi'", read: bytes, otherwise: null },
  batch_size: {
    expects: `a whole number from 1 to ${largestBatch}, or 'auto'`,
    read: (value) => oneOf(value, ['auto']) ?? wholeNumber(value, 1, largestBatch),
    otherwise: 'auto',
  },
  commit_rows: {
    expects: `a whole number from 1 to ${mostCommitRows}, or 'auto'`,
    read: (value) => oneOf(value, ['auto']) ?? wholeNumber(value, 1, mostCommitRows),
    otherwise: 'auto',
  },
  max_failed_rows: {
    expects: 'a whole number, 0 or more',
    read: (value) => wholeNumber(value, 0, Number.MAX_SAFE_INTEGER),
    otherwise: 0,
  },
  retries: { expects: 'a whole number from 0 to 100', read: (value) => wholeNumber(value, 0, 100), otherwise: 3 },
  timeout: { expects: "seconds, or a duration such as '30m' or '2h'", read: duration, otherwise: null },
  write_mode: {
    expects: "'fail', 'append' or 'overwrite'",
    read: (value) => oneOf(value, ['fail', 'append', 'overwrite']),
    otherwise: 'fail',
  },
  volume: {
    expects: "'claim:/mount/path' or 'claim:/mount/path:ro', or a list of them",
    read: (value) => parseVolumes(texts(value)),
    otherwise: [],
  },
  priority: {
    expects: 'a whole number',
    read: (value) => wholeNumber(value, -1_000_000_000, 1_000_000_000),
    otherwise: null,
  },
  node_selector: { expects: "'label=value', or a list of them", read: nodeSelector, otherwise: {} },
};

const defaults = Object.fromEntries(Object.entries(runAttributes).map(([name, { otherwise }]) => [name, otherwise]));

/** Reads the attributes and reports each that is unknown or of the wrong kind. */
export function readAttributes(
  attributes: readonly Attribute[],
  report: (error: MillraceError) => void,
): RunAttributes {
  const values: Record<string, unknown> = { ...defaults };
  for (const attribute of attributes) {
    try {
      values[attribute.name] = readAttribute(attribute);
    } catch (error) {
      report(error as MillraceError);
    }
  }
  return values as unknown as RunAttributes;
}

function readAttribute(attribute: Attribute): unknown {
  const reader = Object.hasOwn(runAttributes, attribute.name)
    ? runAttributes[attribute.name as keyof RunAttributes]
    : undefined;
  if (reader === undefined) throw unknownAttribute(attribute);
  const value = reader.read(attribute.value);
  if (value instanceof Wrong) {
    throw new MillraceError('WRONG_ATTRIBUTE', value.message, { span: attribute.value.span, hint: value.hint });
  }
  if (value !== undefined) return value;
  throw new MillraceError(
    'WRONG_ATTRIBUTE',
    `the attribute '${attribute.name}' cannot be ${valueText(attribute.value)}`,
    {
      span: attribute.value.span,
      hint: `give ${reader.expects}`,
    },
  );
}

function unknownAttribute({ name, nameSpan }: Attribute): MillraceError {
  const nearest = nearestName(name, Object.keys(runAttributes));
  const known = Object.keys(runAttributes).join(', ');
  return new MillraceError('UNKNOWN_ATTRIBUTE', `unknown attribute '${name}' for TO RUN`, {
    span: nameSpan,
    hint: nearest === undefined ? `use one of ${known}` : `did you mean ${nearest}?`,
  });
}
