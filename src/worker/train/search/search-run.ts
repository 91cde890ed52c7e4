import type { TrialPlace } from '../../../ledger/trials.ts';
import type { Search } from '../../../programs/search/search.ts';

/** The job of a plain training, of which each trial is a variation. */
export interface SearchJob {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly features: readonly unknown[] | null;
  readonly label: string | null;
  readonly seed: number;
  readonly threads: number;
}

/** What all parts of a search need. */
export interface SearchRun {
  readonly place: TrialPlace;
  readonly search: Search;
  readonly job: SearchJob;
  /** Has `data/train` and `data/validation`. What the search leaves is in `out/`. */
  readonly folder: string;
  readonly python: string;
  readonly signal: AbortSignal;
  /** The libraries' own words. */
  readonly onLog?: (line: string) => void;
}

/** job.json of trainer/README.md. */
export const jobText = ({ job }: Pick<SearchRun, 'job'>, task: string, others: Readonly<Record<string, unknown>>) =>
  JSON.stringify({ version: 1, task, ...job, from: null, ...others });

/** Attributes that the statement has for all trials, as the trial has them. */
export const trialAttributes = (
  { job }: Pick<SearchRun, 'job'>,
  parameters: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => ({ ...job.attributes, ...parameters });
