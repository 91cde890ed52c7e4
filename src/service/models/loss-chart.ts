import type { TrainingReport } from '../../ledger/trainings.ts';
import type { Chart } from '../../plot/chart.ts';
import { isWide } from '../../plot/search-picture.ts';

/** One line for each metric; the best epoch or round is marked where its state was kept. */
export function lossChart(title: string, { estimator, curve, best, rows }: TrainingReport): Chart {
  const names = [...new Set(curve.flatMap((metrics) => Object.keys(metrics)))];
  const points = (name: string) =>
    curve.flatMap((metrics, index) => {
      const y = metrics[name];
      return y === null || y === undefined ? [] : [{ x: index + 1, y }];
    });
  const lines = names.map((name) => ({ name, kind: 'line' as const, points: points(name) }));
  const kept =
    best === null
      ? []
      : lines.map(({ points }) => points.find(({ x }) => x === best)).filter((point) => point !== undefined);
  const unit = estimator.startsWith('xgboost.') ? 'round' : 'epoch';
  return {
    title: `Training of ${title}`,
    note: `${estimator}, ${rows} rows${best === null ? '' : `; the state of ${unit} ${best} was kept`}`,
    x: unit,
    isCountedX: true,
    y: metricsNamed(names),
    isLogarithmic: isWide(lines.flatMap(({ points }) => points.map(({ y }) => y))),
    series: [...lines, ...(kept.length === 0 ? [] : [{ name: 'kept', kind: 'points' as const, points: kept }])],
  };
}

/** `loss` of `train_loss` and `valid_loss`; several metrics are told apart by the legend. */
function metricsNamed(names: readonly string[]): string {
  const metrics = [...new Set(names.map((name) => name.replace(/^(?:train|valid|validation)[_-]/, '')))];
  return metrics.length <= mostNamed ? metrics.join(', ') : 'metrics';
}

const mostNamed = 4;
