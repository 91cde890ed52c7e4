import { describe, expect, it } from 'vitest';
import { drawChart } from '../../../src/plot/chart.ts';
import { modelChart, paretoFront } from '../../../src/service/models/model-chart.ts';

const model = (name: string, cost: number, accuracy: number, group = 'yolov3') => ({ name, group, cost, accuracy });
const models = [
  model('dear', 40, 0.8),
  model('cheap', 5, 0.5),
  model('same', 5, 0.5, 'yolov5m'),
  model('good', 20, 0.9),
  model('best', 30, 0.95),
  model('weak', 25, 0.7),
];

describe('the chart of the models', () => {
  it('has a front of those than which no other is both cheaper and more accurate', () => {
    expect(paretoFront(models).map(({ name }) => name)).toEqual(['cheap', 'good', 'best']);
  });

  it('names the models of the front, and how many others are at the same place', () => {
    const labels = modelChart(models).series.flatMap(({ points }) => points.flatMap(({ label }) => label ?? []));
    expect(labels).toEqual(['cheap +1', 'good', 'best']);
  });

  it('shows each of the models at one place', () => {
    const places = [...drawChart(modelChart(models)).matchAll(/class="halo" cx="([^"]+)" cy="([^"]+)"/g)];
    expect(new Set(places.map(([, x, y]) => `${x} ${y}`)).size).toBe(models.length);
  });

  it('gives colours to a few groups, and one to all others', () => {
    const many = Array.from({ length: 12 }, (_, at) => model(`m${at}`, at, at / 12, `family-${at}`));
    expect(
      modelChart(many)
        .series.map(({ name }) => name)
        .slice(-3),
    ).toEqual(['family-4', 'others', 'Pareto front']);
  });

  it('says how many models it cannot show', () => {
    expect(modelChart(models, 3).note).toContain('3 without measured accuracy and cost are not shown');
  });
});
