import type { Pool } from 'mysql2/promise';
import { readMeasurements, type StoredMeasurement } from '../../ledger/measurements.ts';
import { listModels, type ModelVersion, readVersions } from '../../ledger/registry.ts';
import { type Chart, type ChartPoint, drawChart, type Series } from '../../plot/chart.ts';

export interface PlottedModel {
  readonly name: string;
  /** Models of one group have one colour: the model that they vary, or their family. */
  readonly group: string;
  /** ms of an image. */
  readonly cost: number;
  /** Share of its answers that are right. */
  readonly accuracy: number;
}

/** A chart of the registered models, and how many of them it cannot show. */
export async function plotModels(pool: Pool, schema: string): Promise<{ readonly svg: string; readonly left: number }> {
  const { plotted, left } = await plottedModels(pool, schema);
  return { svg: drawChart(modelChart(plotted, left)), left };
}

/** Accuracy and cost of the current versions of registered models, and the number of models that lack one of the two. */
export async function plottedModels(
  pool: Pool,
  schema: string,
): Promise<{ readonly plotted: readonly PlottedModel[]; readonly left: number }> {
  const names = (await listModels(pool, schema, null)).map(({ name }) => name);
  const models = (await readVersions(pool, schema, names)).filter(({ isCurrent }) => isCurrent);
  const plotted: PlottedModel[] = [];
  for (const model of models) {
    const found = model.kind === 'simulated' ? simulated(model) : await measured(pool, schema, model);
    if (found !== null) plotted.push(found);
  }
  return { plotted, left: models.length - plotted.length };
}

function simulated({ name, base, simulation }: ModelVersion): PlottedModel | null {
  const { latency = null, accuracy = null } = simulation ?? {};
  return latency === null || accuracy === null ? null : { name, group: base ?? 'simulated', cost: latency, accuracy };
}

async function measured(pool: Pool, schema: string, model: ModelVersion): Promise<PlottedModel | null> {
  const measurements = await readMeasurements(pool, schema, model.digest === null ? model : { digest: model.digest });
  const cost = measurements.find(({ totalMs }) => totalMs !== null)?.totalMs ?? null;
  const accuracy = measurements.map(accuracyOf).find((share) => share !== null) ?? null;
  const group = model.facts.family ?? model.kind;
  return cost === null || accuracy === null ? null : { name: model.name, group, cost, accuracy };
}

/** The mean over the classes of the share of images about which it tells right that they show the class; a classifier's share of right answers. */
function accuracyOf({ perClass, accuracy }: StoredMeasurement): number | null {
  const shares = (perClass ?? []).flatMap(({ right, wrong }) =>
    right === null || wrong === null || right + wrong === 0 ? [] : [right / (right + wrong)],
  );
  if (shares.length > 0) return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return accuracy?.top1 ?? null;
}

/** More colours than people tell apart are one. */
const groupsNamed = 7;

/** Accuracy against cost, with the Pareto front, as in the thesis's Fig. 4.6. */
export function modelChart(models: readonly PlottedModel[], left = 0): Chart {
  const groups = Map.groupBy(models, ({ group }) => group);
  const sizes = [...groups].toSorted(([one, a], [other, b]) => b.length - a.length || (one < other ? -1 : 1));
  const named = sizes.slice(0, sizes.length > groupsNamed + 1 ? groupsNamed : sizes.length);
  const others = sizes.slice(named.length).flatMap(([, each]) => each);
  const front = paretoFront(models);
  const best = new Set(front.map(({ name }) => name));
  const alike = Map.groupBy(models, placeOf);
  const labelOf = (model: PlottedModel) => {
    const others = alike.get(placeOf(model))!.length - 1;
    return others === 0 ? model.name : `${model.name} +${others}`;
  };
  const points = (of: readonly PlottedModel[]): readonly ChartPoint[] =>
    of.map((model) => ({
      x: model.cost,
      y: model.accuracy,
      ...(best.has(model.name) && { label: labelOf(model) }),
    }));
  const series: Series[] = named.map(([name, of]) => ({ name, kind: 'points', points: points(of) }));
  if (others.length > 0) series.push({ name: 'others', kind: 'points', points: points(others) });
  const line = front.map(({ cost, accuracy }) => ({ x: cost, y: accuracy }));
  const shown = `${models.length} models; on the front no other is both cheaper and more accurate`;
  return {
    title: 'Accuracy and cost of the registered models',
    note: left === 0 ? shown : `${shown}; ${left} without measured accuracy and cost are not shown`,
    x: 'cost (ms per image)',
    y: 'accuracy (share of right answers)',
    series: [...series, { name: 'Pareto front', kind: 'steps', points: line }],
  };
}

function placeOf({ cost, accuracy }: PlottedModel): string {
  return `${cost} ${accuracy}`;
}

/** The models than which none is at most as expensive and more accurate, by cost. */
export function paretoFront(models: readonly PlottedModel[]): readonly PlottedModel[] {
  const sorted = models.toSorted(
    (one, other) => one.cost - other.cost || other.accuracy - one.accuracy || (one.name < other.name ? -1 : 1),
  );
  const front: PlottedModel[] = [];
  for (const model of sorted) if (model.accuracy > (front.at(-1)?.accuracy ?? -1)) front.push(model);
  return front;
}
