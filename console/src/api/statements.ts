import type { Plan } from '../../../src/plan/plan.ts';
import type { ResultPage, Statement } from '../../../src/service/statement.ts';
import { read, send } from './request.ts';
import { events, lines } from './streams.ts';

export type { Plan, ResultPage, Statement };
export type Step = Statement['steps'][number];
export type PlanStep = Plan['steps'][number];

export interface Program {
  readonly sql: string;
  readonly datasource: string | undefined;
}

export interface Explained {
  readonly plan: Plan;
  readonly text: string;
  /** Of TO FIND, as SVG. */
  readonly pictures: readonly { readonly step: string; readonly svg: string }[];
  readonly workflow: string | null;
}

export const explain = (program: Program, signal?: AbortSignal): Promise<Explained> =>
  read('/v1/explain', { method: 'POST', body: program, ...(signal && { signal }) });

export type Submitted = Statement & { readonly result: ResultPage | null };

/** @param wait maximum number of seconds to wait for its end */
export const submit = (program: Program, wait: number): Promise<Submitted> =>
  read('/v1/statements', { method: 'POST', body: { ...program, wait } });

export interface Filter {
  readonly state?: readonly string[] | undefined;
  readonly user?: string | undefined;
  readonly datasource?: string | undefined;
  readonly cursor?: string | undefined;
}

export interface StatementsPage {
  readonly statements: readonly Statement[];
  readonly next: string | null;
}

export const listStatements = (filter: Filter, signal: AbortSignal): Promise<StatementsPage> =>
  read('/v1/statements', { query: { ...filter, limit: 50 }, signal });

const pathOf = (id: string, part = '') => `/v1/statements/${encodeURIComponent(id)}${part}`;

export const readPlan = (id: string): Promise<Plan> => read(pathOf(id, '/plan'));
export const cancelStatement = (id: string): Promise<Statement> => read(pathOf(id, '/cancel'), { method: 'POST' });

/** @param repeat whether to execute a statement again that the database may have executed */
export const retryStatement = (id: string, repeat: boolean): Promise<Statement> =>
  read(pathOf(id, '/retry'), { method: 'POST', query: { repeat } });

export interface ResultQuery {
  readonly step?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

export const readResult = (id: string, query: ResultQuery): Promise<ResultPage> =>
  read(pathOf(id, '/result'), { query: { ...query } });

/** Formats of files with all rows. */
export const downloads = ['csv', 'ndjson', 'arrow'] as const;
export type DownloadFormat = (typeof downloads)[number];

/** All rows as a file's content. */
export const downloadResult = async (id: string, step: string, format: DownloadFormat): Promise<Blob> =>
  (await send(pathOf(id, '/result'), { query: { step, format } })).blob();

export interface FailedRow {
  readonly row: string;
  readonly code: string;
  readonly message: string;
}

export interface FailedRows {
  readonly rows: readonly FailedRow[];
  readonly next: string | null;
}

export const readFailedRows = (id: string, step: string, cursor?: string): Promise<FailedRows> =>
  read(pathOf(id, '/failures'), { query: { step, cursor } });

export interface PartitionTime {
  readonly number: number;
  readonly done: number;
  readonly startedAt: string;
  readonly finishedAt: string | null;
}

export const readPartitionTimes = async (id: string, step: string): Promise<readonly PartitionTime[]> =>
  (await read<{ partitions: PartitionTime[] }>(pathOf(id, '/partitions'), { query: { step } })).partitions;

export type Change =
  | { readonly kind: 'state'; readonly state: Statement['state']; readonly at: string }
  | { readonly kind: 'statement'; readonly statement: Statement };

/** Follows a statement to its end. */
export async function* follow(id: string, signal: AbortSignal): AsyncGenerator<Change> {
  for await (const { event, data } of events(pathOf(id, '/events'), { signal })) {
    if (event === 'state') yield { kind: 'state', ...JSON.parse(data) };
    if (event === 'progress' || event === 'end') yield { kind: 'statement', statement: JSON.parse(data) };
  }
}

export interface LogLine {
  readonly step: string;
  readonly source: string;
  readonly text: string;
}

/** Logs so far, and those that follow until the statement ends. Empty lines are heartbeats. */
export async function* followLogs(id: string, signal: AbortSignal): AsyncGenerator<LogLine> {
  for await (const line of lines(pathOf(id, '/logs'), { query: { follow: true }, signal })) {
    if (line !== '') yield JSON.parse(line) as LogLine;
  }
}
