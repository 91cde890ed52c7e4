import type { Pool } from 'mysql2/promise';
import { MillraceError } from '../../errors.ts';
import { readModel } from '../../ledger/registry.ts';
import { readPlanJson } from '../../ledger/statement-plan.ts';
import { readTrainings, type TrainedVersion } from '../../ledger/trainings.ts';
import { readVisits } from '../../ledger/trial-visits.ts';
import { readTrials } from '../../ledger/trials.ts';
import { isUnreadablePlan, readPlan } from '../../plan/read-plan.ts';
import { drawChart } from '../../plot/chart.ts';
import { drawSearch } from '../../plot/search-picture.ts';
import type { Search } from '../../programs/search/search.ts';
import { lossChart } from './loss-chart.ts';
import { searchPicture } from './search-trials.ts';

/**
 * How a version that TO TRAIN has made was trained, as SVG: its metrics of each epoch or round, or all trials of the search that made it.
 * @param version null: the current one
 * @throws {MillraceError} UNKNOWN_MODEL, TRAIN_NOT_OURS
 */
export async function plotTraining(pool: Pool, schema: string, name: string, version: number | null): Promise<string> {
  const model = await readModel(pool, schema, name, version);
  if (model === null) throw new MillraceError('UNKNOWN_MODEL', `no model is registered as '${name}'`);
  const trainings = await readTrainings(pool, schema, name);
  const training = trainings.find((each) => each.version === model.version);
  const title = `${name}@${model.version}`;
  if (training !== undefined) {
    const place = { pool, schema, statement: training.statement, step: training.step };
    const trials = await readTrials(place);
    const search = trials.length === 0 ? null : await searchOf(pool, schema, training);
    if (search !== null) return drawSearch(searchPicture(title, search, trials, await readVisits(place)));
    if (training.report.curve.length > 0) return drawChart(lossChart(title, training.report));
  }
  throw new MillraceError('TRAIN_NOT_OURS', `the model '${name}' has no metrics by epoch or round`);
}

/** The search that a step has planned; null: its plan is of an unknown version. */
async function searchOf(pool: Pool, schema: string, { statement, step }: TrainedVersion): Promise<Search | null> {
  const stored = await readPlanJson(pool, schema, statement);
  try {
    const planned = stored === null ? undefined : readPlan(JSON.parse(stored)).steps.find(({ name }) => name === step);
    return planned?.kind === 'train' ? planned.training.search : null;
  } catch (error) {
    if (isUnreadablePlan(error)) return null;
    throw error;
  }
}
