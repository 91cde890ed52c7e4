import type { FindPlan } from '../../../src/plan/find/find-plan.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import type { Model } from '../../../src/service/models.ts';
import { RequestError, read } from './request.ts';

export type { Model };

export const listModels = async (signal: AbortSignal): Promise<readonly Model[]> =>
  (await read<{ models: Model[] }>('/v1/models', { signal })).models;

export interface ModelVersion {
  readonly version: number;
  readonly isCurrent: boolean;
  readonly kind: string;
  readonly family: string | null;
  readonly classNames: readonly string[];
  readonly width: number | null;
  readonly height: number | null;
  readonly size: number | null;
  readonly digest: string | null;
  readonly location: 'path' | 'database' | 'none';
  readonly file: string | null;
  readonly base: string | null;
  readonly madeBy: string;
  readonly madeAt: string;
  readonly statement: string | null;
}

export interface ShownModel {
  readonly name: string;
  readonly owner: string;
  readonly versions: readonly ModelVersion[];
}

const pathOf = (name: string) => `/v1/models/${encodeURIComponent(name)}`;

export const readModel = (name: string, signal: AbortSignal): Promise<ShownModel> => read(pathOf(name), { signal });

export interface ClassMeasurement {
  readonly classId: number;
  readonly name: string;
  readonly ap: number | null;
  readonly right: number | null;
  readonly wrong: number | null;
  readonly shown: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
}

export interface Measurement {
  readonly version: number | null;
  readonly origin: 'run' | 'evaluation' | 'imported';
  readonly statement: string | null;
  readonly measuredAt: string;
  readonly device: string | null;
  readonly batch: number | null;
  readonly images: number;
  readonly decodeMs: number | null;
  readonly inferMs: number | null;
  readonly totalMs: number | null;
  readonly peakMemory: number | null;
  readonly accuracy: Readonly<Record<string, number | null>> | null;
  readonly perClass: readonly ClassMeasurement[] | null;
}

export const readMeasurements = async (name: string, signal: AbortSignal): Promise<readonly Measurement[]> =>
  (await read<{ measurements: Measurement[] }>(`${pathOf(name)}/measurements`, { signal })).measurements;

export interface PlottedModel {
  readonly name: string;
  readonly group: string;
  readonly costMs: number;
  readonly accuracy: number;
  readonly isOnFront: boolean;
}

export const readModelFigures = (
  signal: AbortSignal,
): Promise<{ readonly models: readonly PlottedModel[]; readonly unmeasured: number }> =>
  read('/v1/model-figures', { signal });

/** A step of TO FIND as its plan has it. */
export interface FindStep {
  readonly name: string;
  readonly find: FindPlan;
}

/** The plans of the TO FIND statements of a program. Nothing is run. */
export async function planFind(sql: string, signal: AbortSignal): Promise<readonly FindStep[]> {
  const { plan } = await read<{ plan: Plan }>('/v1/explain', {
    method: 'POST',
    body: { sql },
    signal,
  });
  return findSteps(plan);
}

export function findSteps({ steps }: Plan): readonly FindStep[] {
  return steps.flatMap((step) =>
    'find' in step && step.find !== undefined ? [{ name: step.name, find: step.find }] : [],
  );
}

export interface Training {
  readonly facts: readonly (readonly [term: string, told: string])[];
  /** Its metrics by epoch or round, or the trials of its search, as SVG; null: there are none. */
  readonly svg: string | null;
}

/** What SHOW TRAIN tells of the current version of a model, and its picture. */
export async function readTraining(name: string): Promise<Training> {
  const { result } = await read<{ result: { columns: { name: string }[]; rows: unknown[][] } | null }>(
    '/v1/statements',
    { method: 'POST', body: { sql: `SHOW TRAIN ${name}`, wait: 30 } },
  );
  const [row = []] = result?.rows ?? [];
  const told = (result?.columns ?? []).flatMap(({ name }, at) => flatten(name, parsed(row[at])));
  const facts = told.flatMap(([term, value]) => (value === null ? [] : [[term, textOf(value)] as const]));
  return { facts, svg: await readPicture(name) };
}

async function readPicture(name: string): Promise<string | null> {
  try {
    return (await read<{ svg: string }>(`${pathOf(name)}/training`, {})).svg;
  } catch (error) {
    if (error instanceof RequestError && error.problem.code === 'TRAIN_NOT_OURS') return null;
    throw error;
  }
}

/** `metrics: {"rmse": 1}` as `rmse` */
function flatten(name: string, value: unknown): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[name, value]];
  return Object.entries(value).flatMap(([key, each]) => flatten(key, each));
}

/** Columns of JSON come as text. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
