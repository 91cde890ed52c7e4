import { type Chart, chartSize, drawParts, type Series } from './chart.ts';
import { document, shortened, text, textWidth } from './svg.ts';

/** The trials of a search: what became of each, and by which parameters. */
export interface SearchPicture {
  readonly title: string;
  /** Lines under the title. */
  readonly notes: readonly string[];
  /** What trials are compared by. */
  readonly metric: string;
  /** What the trials' curves run over: epochs; `trial` if each has one value only. */
  readonly x: string;
  /** Parameters that are drawn on a logarithmic scale. */
  readonly logarithmic: readonly string[];
  readonly trials: readonly PicturedTrial[];
}

export interface PicturedTrial {
  readonly name: string;
  readonly became: 'chosen' | 'complete' | 'stopped';
  /** Value of the metric after each epoch; null: none was measured. */
  readonly curve: readonly (number | null)[];
  /** The value that it is compared by. */
  readonly value: number | null;
  readonly parameters: Readonly<Record<string, unknown>>;
}

const panel = { width: 320, height: 264, columns: 3, most: 6 };
/** Room for the name of a value under its column. */
const valueSize = 12;

/** Draws a search as SVG: curves of all trials, and below what each parameter has to do with the metric. The same search gives the same bytes. */
export function drawSearch({ title, notes, ...search }: SearchPicture): string {
  const panels = parametersOf(search.trials)
    .slice(0, panel.most)
    .map((name) => parameterChart(name, search));
  const top = chartSize.height + 22 * Math.max(0, notes.length - 1);
  const rows = Math.ceil(panels.length / panel.columns);
  const parts = [
    `<g transform="translate(0 ${top - chartSize.height})">${drawParts(curves(title, search)).slice(1).join('\n')}</g>`,
    text(76, 40, title, 'ink', 'font-size="20" font-weight="600"'),
    ...notes.map((note, at) => text(76, 62 + at * 22, shortened(note, 856, 13), 'faded', 'font-size="13"')),
    ...panels.map((chart, at) => {
      const [x, y] = [(at % panel.columns) * panel.width, top + Math.floor(at / panel.columns) * panel.height];
      return `<g transform="translate(${x} ${y})">${drawParts(chart, panel).join('\n')}</g>`;
    }),
  ];
  return document({ width: chartSize.width, height: top + rows * panel.height }, title, parts);
}

type Search = Omit<SearchPicture, 'title' | 'notes'>;

const legend = { stopped: 'stopped', complete: 'trained to the end', chosen: 'chosen' };
/** The chosen one is drawn last, over all others. */
const order = ['stopped', 'complete', 'chosen'] as const;

function curves(title: string, { metric, x, trials }: Search): Chart {
  const hasCurves = trials.some(({ curve }) => curve.length > 1);
  const lines = hasCurves ? trialLines(trials) : trialPoints(trials, (_, at) => at + 1);
  return { title, x, isCountedX: true, y: metric, isLogarithmic: isWide(valuesOf(trials)), series: lines };
}

function trialLines(trials: readonly PicturedTrial[]): readonly Series[] {
  return byFate(trials).flatMap(([became, name, of]) => {
    const lines = of.map((trial): Series => {
      const points = trial.curve.flatMap((y, at) => (y === null || !Number.isFinite(y) ? [] : [{ x: at + 1, y }]));
      // A curve of one epoch is no line.
      const kind = points.length === 1 ? 'points' : 'line';
      return { name, kind, ...toneOf(became), points };
    });
    const sorted = lines.toSorted((one, other) => (one.kind < other.kind ? -1 : one.kind > other.kind ? 1 : 0));
    return became === 'chosen' ? [...sorted, ...of.map(keptState)] : sorted;
  });
}

/** The epoch whose state became the model. */
function keptState({ name, curve, value }: PicturedTrial): Series {
  const at = curve.indexOf(value);
  const points = at < 0 || value === null ? [] : [{ x: at + 1, y: value, label: name }];
  return { name: legend.chosen, kind: 'points', tone: 'strong', points };
}

function trialPoints(
  trials: readonly PicturedTrial[],
  xOf: (trial: PicturedTrial, at: number) => number | null,
): readonly Series[] {
  return byFate(trials).map(([became, name, of]): Series => {
    const points = of.flatMap((trial) => {
      const x = xOf(trial, trials.indexOf(trial));
      const { value: y } = trial;
      return x === null || y === null ? [] : [{ x, y }];
    });
    return { name, kind: 'points', ...toneOf(became), points };
  });
}

const toneOf = (became: PicturedTrial['became']) =>
  became === 'complete' ? {} : ({ tone: became === 'chosen' ? 'strong' : 'pale' } as const);

function byFate(trials: readonly PicturedTrial[]) {
  return order.flatMap((became) => {
    const of = trials.filter((trial) => trial.became === became);
    return of.length === 0 ? [] : [[became, legend[became], of] as const];
  });
}

/** Parameters of which trials have different values. */
function parametersOf(trials: readonly PicturedTrial[]): readonly string[] {
  const names = [...new Set(trials.flatMap(({ parameters }) => Object.keys(parameters)))];
  return names.filter((name) => new Set(trials.map(({ parameters }) => JSON.stringify(parameters[name]))).size > 1);
}

/** The metric by a parameter: of numbers on a scale, of others by their names. */
function parameterChart(name: string, { metric, trials, logarithmic }: Search): Chart {
  const having = trials.filter(({ parameters }) => parameters[name] !== undefined);
  const values = having.map(({ parameters }) => parameters[name]);
  const common = { title: '', x: name, y: metric, isLogarithmic: isWide(valuesOf(trials)) };
  const distinct = [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length === values.length && distinct.length > mostNames) {
    const series = trialPoints(having, ({ parameters }) => parameters[name] as number);
    return { ...common, isLogarithmicX: logarithmic.includes(name), series };
  }
  const keys = distinct.toSorted(byValue).map((value) => JSON.stringify(value));
  const room = (panel.width - 104) / Math.max(1, keys.length);
  return {
    ...common,
    names: keys.map((key) =>
      shortened(key.replaceAll('"', ''), Math.max(room - 4, textWidth('n', valueSize)), valueSize),
    ),
    series: trialPoints(having, ({ parameters }) => keys.indexOf(JSON.stringify(parameters[name])) + 1),
  };
}

/** Fewer numbers stand beside each other like names. */
const mostNames = 5;

function byValue(one: unknown, other: unknown): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return String(one) < String(other) ? -1 : 1;
}

const valuesOf = (trials: readonly PicturedTrial[]) =>
  trials.flatMap(({ curve, value }) => [...curve, value]).filter((each) => each !== null);

/** Whether values differ so much that the small ones would lie on each other. */
export function isWide(values: readonly number[]): boolean {
  const finite = values.filter(Number.isFinite);
  const [least, most] = [Math.min(...finite), Math.max(...finite)];
  return least > 0 && most / least > 100;
}
