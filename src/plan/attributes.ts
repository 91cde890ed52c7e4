import { largestBatch } from '../programs/model-options.ts';
import { mostCommitRows, type WriteMode } from '../task.ts';
import { bytes, duration, oneOf, positiveNumber, text, texts, wholeNumber } from './attribute-values.ts';
import { nodeSelector } from './node-selector.ts';
import type { VolumeMount } from './plan.ts';
import type { AttributeReader } from './read-attributes.ts';
import { parseVolumes } from './volumes.ts';

/** The WITH attributes of TO RUN after reading; absent ones have their default. */
export interface RunAttributes {
  partitions: number | 'auto';
  partition_by: string | null;
  pods: number | null;
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
  profile: string | null;
  pending_timeout: number | null;
}

type Readers = { readonly [Name in keyof RunAttributes]: AttributeReader<RunAttributes[Name]> };

export const runAttributes: Readers = {
  partitions: {
    expects: "a whole number from 1 to 10000, or 'auto'",
    read: (value) => oneOf(value, ['auto']) ?? wholeNumber(value, 1, 10_000),
    otherwise: 1,
  },
  partition_by: { expects: "the name of a selected column, e.g. 'camera'", read: text, otherwise: null },
  pods: {
    expects: 'a whole number from 1 to 10000',
    read: (value) => wholeNumber(value, 1, 10_000),
    otherwise: null,
  },
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
  profile: { expects: "the name of a profile, e.g. 'a100'", read: text, otherwise: null },
  pending_timeout: { expects: "seconds, or a duration such as '30m' or '2h'", read: duration, otherwise: null },
};

/** A pod processes one partition at a time, so its partitions at once are limited by both attributes. */
export function withPods<A extends Pick<RunAttributes, 'pods' | 'parallelism'>>(attributes: A): A {
  const { pods, parallelism } = attributes;
  return pods === null ? attributes : { ...attributes, parallelism: Math.min(pods, parallelism ?? pods) };
}
