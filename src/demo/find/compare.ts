import type { Pool, RowDataPacket } from 'mysql2/promise';
import { askedModelLines } from '../../cli/asked-models.ts';
import { formatRows } from '../../cli/result-table.ts';
import { MillraceError } from '../../errors.ts';
import { explainFind } from '../../plan/find/explain-find.ts';
import type { Strategy } from '../../plan/optimize/strategies.ts';
import type { RunStep } from '../../plan/plan.ts';
import { runStep } from '../../plan/step-facts.ts';
import type { Session } from '../../service/session.ts';
import type { Statement } from '../../service/statement.ts';
import { visibleText } from '../../visible-text.ts';
import { progressLines } from '../progress-lines.ts';
import { planned } from '../run-statement.ts';
import { heading } from '../telling.ts';
import { askPlanned, type PlannedProgram } from './ask.ts';
import type { Question } from './questions.ts';
import { type Scenes, shareRight } from './truth.ts';

export interface Place {
  readonly session: Session;
  readonly imageDir: string;
  /** SQL that chooses the pictures. */
  readonly condition: string;
  readonly scenes: Scenes;
}

/** What a question is asked with. */
export interface Asking {
  /** Attributes of WITH besides the images. */
  readonly attributes: readonly string[];
  /** The only model to ask; absent: any. */
  readonly using?: string;
  /** The table in `demo`. */
  readonly into: string;
}

export interface Found {
  readonly step: RunStep;
  readonly ended: Statement;
  readonly images: ReadonlySet<number>;
}

const strategies = ['baseline', 'basic', 'order'] as const satisfies readonly Strategy[];

/**
 * Plans a question with the three strategies, runs each plan, and compares what was predicted with what came of it.
 * @returns what the plan of `order` found; null: there is none, because the models were slower than usual when they were measured
 */
export async function compareStrategies(place: Place, question: Question, asking: Asking): Promise<Found | null> {
  heading(question.title);
  const sql = findSql(place, question, asking);
  console.log(visibleText(sql));
  // All plans are made before one is run: every run measures its models anew.
  const plans = await planStrategies(place, question, asking);
  if (plans.order === null) {
    console.log('\nNo plan keeps the bound on this machine.');
    return null;
  }
  console.log(`\n${explained(runStep(plans.order.plan.steps[0]!)!)}`);
  const all = await runStrategies(place, plans, asking);
  const rows = all.map(({ strategy, found }) => comparedRow(strategy, found, place.scenes));
  console.log(
    `\n${formatRows(['strategy', 'predicted cost', 'actual cost', 'predicted right', 'right', 'found'], rows)}`,
  );
  const { found } = all.at(-1)!;
  console.log(`\nWhat the models of order were asked:\n${askedModelLines(found!.ended.steps[0]!).join('\n')}`);
  return found!;
}

/** The lines of EXPLAIN about the choice of models. */
function explained({ find }: RunStep): string {
  return explainFind(find!)
    .map(([word, text]) => `  ${word.padEnd(9)} ${text}`)
    .join('\n');
}

type StrategyPlans = Readonly<Record<Strategy, PlannedProgram | null>>;

/** Without stored answers: they would save the later plans the work of the earlier ones. */
async function planStrategies(place: Place, question: Question, { attributes, into }: Asking): Promise<StrategyPlans> {
  const plan = (strategy: Strategy) => {
    const asking = { attributes: [...attributes, `strategy = '${strategy}'`, 'reuse = false'], into };
    return planUnlessMissed(place.session, findSql(place, question, asking));
  };
  return { baseline: await plan('baseline'), basic: await plan('basic'), order: await plan('order') };
}

/** @returns null if the strategy has no plan that reaches the goal */
async function planUnlessMissed(session: Session, sql: string): Promise<PlannedProgram | null> {
  try {
    return await planned(session, sql);
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'BOUND_NOT_MET') return null;
    throw error;
  }
}

async function runStrategies(place: Place, plans: StrategyPlans, asking: Asking) {
  const lines = progressLines(process.stdout);
  const all: { readonly strategy: Strategy; readonly found: Found | null }[] = [];
  for (const strategy of strategies) {
    lines.show(`running the plan of ${strategy}`);
    const plan = plans[strategy];
    all.push({ strategy, found: plan === null ? null : await runFind(place, plan, asking) });
  }
  lines.end();
  return all;
}

/** Plans and runs a TO FIND. @throws {MillraceError} */
export async function findImages(place: Place, question: Question, asking: Asking): Promise<Found> {
  return runFind(place, await planned(place.session, findSql(place, question, asking)), asking);
}

async function runFind({ session }: Place, program: PlannedProgram, { into }: Asking): Promise<Found> {
  const ended = await askPlanned(session, program);
  const images = await readFound(session.pools.tables, into);
  return { step: runStep(program.plan.steps[0]!)!, ended, images };
}

async function readFound(pool: Pool, table: string): Promise<ReadonlySet<number>> {
  const [rows] = await pool.query<RowDataPacket[]>(`SELECT image_id FROM demo.${table}`);
  return new Set(rows.map(({ image_id }) => Number(image_id)));
}

export function findSql(
  { imageDir, condition }: Place,
  { predicate }: Question,
  { attributes, using, into }: Asking,
): string {
  const all = [`image_dir = "${imageDir}"`, ...attributes, "write_mode = 'overwrite'"];
  return `SELECT image_id, file_name FROM demo.images WHERE ${condition}
TO FIND ${predicate}
WITH ${all.join(', ')}${using === undefined ? '' : `\nUSING ${using}`}
INTO demo.${into};`;
}

function comparedRow(strategy: Strategy, found: Found | null, scenes: Scenes): readonly string[] {
  if (found === null) return [strategy, 'no plan', '', '', '', ''];
  const { step, ended, images } = found;
  const { predicted, actual } = ended.steps[0]!.find!;
  const { predicate } = predicateOf(step);
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return [
    strategy,
    `${predicted.costMs.toFixed(1)} ms an image`,
    `${(actual.costMs ?? 0).toFixed(1)} ms an image`,
    `${percent(predicted.agreement ?? predicted.accuracy)} of the images`,
    percent(shareRight(scenes, predicate, images)),
    String(images.size),
  ];
}

export function predicateOf({ program }: RunStep) {
  if (program.name !== 'find') throw new Error('the step is not a TO FIND');
  return program.settings.cascade;
}
