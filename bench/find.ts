import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Solver } from '../src/plan/optimize/cover-program.ts';
import type { Choice } from '../src/plan/optimize/problem.ts';
import { loadSolver } from '../src/plan/optimize/solver.ts';
import type { Strategies, Strategy } from '../src/plan/optimize/strategies.ts';
import { type Figure, median, type Table } from './figure.ts';
import { accuracyChart, type Case, strategies, type TimeLine, timeChart } from './find/charts.ts';
import { openPictures, type Pictures } from './find/classes.ts';
import { plan, timeOf } from './find/planning.ts';
import { drawnQuestions, largeQuestion, type Question, thesisQuestions } from './find/questions.ts';
import { powerLawRepository, type Repository, thesisRepository, uniformRepository } from './find/repositories.ts';

/** Milliseconds per picture, as in the thesis. */
const costs = [50, 100, 150] as const;

/** Questions of a repository whose accuracies are averaged. */
const drawn = 60;

const classCounts = [2, 4, 6, 8, 10, 12, 16, 20, 24, 28, 32] as const;

const modelCounts = [25, 125, 500] as const;

/** Questions of each number of classes. */
const rounds = 11;

/** The thesis's Figs. 4.7 to 4.9. @param folder for the charts; null: none are drawn */
export async function benchFind(folder: string | null): Promise<Table> {
  const [solve, pictures] = [await loadSolver(), openPictures()];
  const thesis = thesisRepository();
  const write = async (name: string, svg: string) => {
    if (folder === null) return;
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, name), svg);
  };
  warmUp(thesis, pictures, solve);

  const asked = costs.flatMap((cost) =>
    thesisQuestions.map((question) => askedCase(question, cost, thesis, pictures, solve)),
  );
  const ordered = asked.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const source = `${thesis.name}: ${thesis.models.length} models; ${pictures.source}`;
  await write(
    'find-accuracy.svg',
    accuracyChart(ordered.map(short), {
      title: 'Accuracy of the plans for Q1 to Q4 by cost',
      note: source,
      x: 'question and max_cost (ms per image)',
      y: 'accuracy',
    }),
  );

  const repositories = [uniformRepository(125), powerLawRepository(125)];
  const means = repositories.flatMap((repository) => costs.map((cost) => meanCase(repository, cost, pictures, solve)));
  await write(
    'find-repositories.svg',
    accuracyChart(means.map(short), {
      title: 'Mean accuracy of the plans in two generated repositories',
      note: `${drawn} questions like Q1 to Q4, of which those count that all strategies can answer; 125 models`,
      x: 'repository and max_cost (ms per image)',
      y: 'mean accuracy',
    }),
  );

  const lines: readonly TimeLine[] = [
    timeLine(thesis, `${thesis.name} (125 models)`, pictures, solve),
    ...modelCounts.map((count) => timeLine(uniformRepository(count), `uniform, ${count}`, pictures, solve)),
    timeLine(powerLawRepository(125), 'power law, 125', pictures, solve),
  ];
  await write(
    'find-planning-time.svg',
    timeChart(
      lines,
      'all three strategies; processor time of one core, median of 11 questions; up to 10 classes exact',
    ),
  );

  return {
    title: `choosing models for a predicate (${source})`,
    figures: [
      ...ordered.flatMap(caseFigures),
      ...means.flatMap(caseFigures),
      ...lines.flatMap(({ name, times }) =>
        times.map(({ classes, ms }): Figure => ({ figure: `${name}, ${classes} classes`, value: ms, unit: 'ms' })),
      ),
      ...(await Promise.all([0, 8, 10, 32].map(memoryFigure))),
    ],
  };
}

/** So that the first figures are not those of code that is not compiled yet. */
function warmUp(repository: Repository, pictures: Pictures, solve: Solver): void {
  for (const classes of [2, 4, 8, 16])
    for (let round = 100; round < 103; round++)
      plan(largeQuestion(classes, round).predicate, repository, pictures, { kind: 'best' }, solve);
}

interface AskedCase extends Case {
  /** Questions that not all strategies can answer. */
  readonly unanswered: number;
}

function askedCase(
  { name, predicate }: Question,
  cost: number,
  repository: Repository,
  pictures: Pictures,
  solve: Solver,
): AskedCase {
  const planned = plan(predicate, repository, pictures, { kind: 'maxCost', cost }, solve);
  const accuracy = accuraciesOf(planned);
  const unanswered = Object.values(accuracy).includes(null) ? 1 : 0;
  return { name: `${name} at ${String(cost).padStart(3)} ms`, accuracy, unanswered };
}

function meanCase(repository: Repository, cost: number, pictures: Pictures, solve: Solver): AskedCase {
  const cases = drawnQuestions(drawn).map((question) => askedCase(question, cost, repository, pictures, solve));
  const answered = cases.filter(({ unanswered }) => unanswered === 0);
  const mean = (strategy: Strategy) =>
    answered.reduce((sum, { accuracy }) => sum + accuracy[strategy]!, 0) / answered.length;
  return {
    name: `${repository.name} at ${String(cost).padStart(3)} ms`,
    accuracy: { baseline: mean('baseline'), basic: mean('basic'), order: mean('order') },
    unanswered: cases.length - answered.length,
  };
}

function accuraciesOf({ choices }: Strategies): Case['accuracy'] {
  const of = (choice: Choice) => (choice.kind === 'chosen' ? choice.cascade.accuracy : null);
  return { baseline: of(choices.baseline), basic: of(choices.basic), order: of(choices.order) };
}

const short = ({ name, accuracy }: Case): Case => ({ name: name.replace(' at', '').replace(' ms', ''), accuracy });

function caseFigures({ name, accuracy, unanswered }: AskedCase): readonly Figure[] {
  const figures = strategies.flatMap((strategy): readonly Figure[] => {
    const [value, baseline] = [accuracy[strategy], accuracy.baseline];
    if (value === null) return [];
    const against =
      strategy === 'baseline' || baseline === null
        ? {}
        : { against: { baseline: 'baseline', ratio: value / baseline } };
    return [{ figure: `${name}, ${strategy}`, value, unit: 'accuracy', ...against }];
  });
  return unanswered === 0
    ? figures
    : [...figures, { figure: `${name}, not answered by all`, value: unanswered, unit: 'questions' }];
}

function timeLine(repository: Repository, name: string, pictures: Pictures, solve: Solver): TimeLine {
  return {
    name,
    times: classCounts.map((classes) => {
      const times = Array.from({ length: rounds }, (_, round) => {
        const { predicate } = largeQuestion(classes, round);
        return timeOf(() => plan(predicate, repository, pictures, { kind: 'maxCost', cost: 25 * classes }, solve));
      });
      return { classes, ms: median(times) };
    }),
  };
}

async function memoryFigure(classes: number): Promise<Figure> {
  const program = join(import.meta.dirname, 'find-process.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program, String(classes)]);
  const what = classes === 0 ? 'a process that plans nothing' : `one that plans ${classes} classes`;
  return { figure: `peak memory of ${what}`, value: Number(stdout), unit: 'MiB' };
}
