import type { Visit } from '../../ledger/trial-visits.ts';
import type { Trial } from '../../ledger/trials.ts';
import type { PicturedTrial, SearchPicture } from '../../plot/search-picture.ts';
import { bestTrial, metricValue } from '../../programs/search/best-trial.ts';
import type { Search } from '../../programs/search/search.ts';

/** The picture of a search by its trials. The chosen one is the one whose metric is best. */
export function searchPicture(
  title: string,
  { driver, metric, mode, spaces }: Search,
  trials: readonly Trial[],
  visits: readonly Visit[],
): SearchPicture {
  const best = bestTrial(trials);
  const ofTrial = Map.groupBy(visits, ({ trial }) => trial);
  const value = best === null || best.loss === null ? 'no value' : shown(metricValue(metric, best.loss));
  const failed = trials.filter(({ state }) => state === 'failed').length;
  const estimators = [...new Set(trials.map(({ estimator }) => estimator))];
  const said = `${driver}, ${trials.length} trials of ${estimators.join(', ')}, by ${metric}`;
  const domains = spaces.flatMap((space) => Object.entries(space.domains));
  return {
    title: `Search of ${title}`,
    notes: [
      failed === 0 ? said : `${said}; ${failed} failed`,
      ...(best === null ? [] : [`chosen: trial ${best.trial}, ${metric} ${value}`, parametersText(best.parameters)]),
    ],
    metric,
    x: mode === 'hop' ? 'epoch' : 'trial',
    logarithmic: domains.flatMap(([name, { domain }]) => (domain.includes('log') ? [name] : [])),
    trials: trials.map((trial): PicturedTrial => {
      const measured = (ofTrial.get(trial.trial) ?? []).filter(({ metrics }) => metrics !== null);
      const values = measured.map(({ loss }) => (loss === null ? null : metricValue(metric, loss)));
      return {
        name: `trial ${trial.trial}`,
        became: trial === best ? 'chosen' : trial.state === 'done' ? 'complete' : 'stopped',
        curve: values,
        value: trial.loss === null ? null : metricValue(metric, trial.loss),
        parameters: estimators.length > 1 ? { estimator: trial.estimator, ...trial.parameters } : trial.parameters,
      };
    }),
  };
}

/** `train.batch_size = 8, optimizer.learning_rate = 0.0146` */
function parametersText(parameters: Trial['parameters']): string {
  const written = Object.entries(parameters).map(([name, value]) => `${name} = ${textOf(value)}`);
  return written.join(', ');
}

function textOf(value: unknown): string {
  if (typeof value === 'number') return String(shown(value));
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** As many digits as a person compares. */
const shown = (value: number) => Number(value.toPrecision(4));
