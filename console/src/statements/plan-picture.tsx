import './plan-picture.css';
import { useId } from 'preact/hooks';
import type { Plan, PlanStep, Step } from '../api/statements.ts';
import { counted } from '../design/figures.ts';
import { toneOf } from '../design/state-badge.tsx';
import { type Placed, placeSteps, size } from './plan-layout.ts';

interface Props {
  readonly plan: Plan;
  /** States of the steps, once the program runs. */
  readonly steps?: readonly Step[];
}

/** The plan as a graph: each step after those that it needs. */
export function PlanPicture({ plan, steps = [] }: Props) {
  const { placed, width, height } = placeSteps(plan.steps);
  const arrow = useId();
  return (
    <figure class="plan">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="img"
        aria-label={`Plan with ${counted(placed.length, 'step')}`}
      >
        <marker id={arrow} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path class="plan-arrow" d="M0 0 8 4 0 8Z" />
        </marker>
        {placed.flatMap((to) =>
          to.step.needs.flatMap((name) => {
            const from = placed.find(({ step }) => step.name === name);
            return from === undefined
              ? []
              : [
                  <path
                    key={`${name} ${to.step.name}`}
                    class="plan-edge"
                    marker-end={`url(#${arrow})`}
                    d={edge(from, to)}
                  />,
                ];
          }),
        )}
        {placed.map((each) => (
          <Node key={each.step.name} placed={each} status={steps.find(({ name }) => name === each.step.name)} />
        ))}
      </svg>
      <figcaption class="visually-hidden">
        <ol>
          {plan.steps.map((step) => (
            <li key={step.name}>
              {step.name}: {describe(step).join(', ')}
              {step.needs.length > 0 && `, after ${step.needs.join(', ')}`}
            </li>
          ))}
        </ol>
      </figcaption>
    </figure>
  );
}

function Node({ placed: { step, x, y }, status }: { readonly placed: Placed; readonly status: Step | undefined }) {
  const [what = '', target = ''] = describe(step);
  const tone = status === undefined ? 'none' : toneOf(status.state);
  return (
    <g class={`plan-node plan-${tone}`} transform={`translate(${x} ${y})`}>
      <title>{[step.name, ...describe(step)].join('\n')}</title>
      <rect width={size.width} height={size.height} rx="6" />
      <text x="12" y="22" class="plan-name">
        {step.name}
      </text>
      <text x={size.width - 12} y="22" text-anchor="end" class="plan-state">
        {status?.state ?? words[step.kind]}
      </text>
      <text x="12" y="43">
        {cut(what)}
      </text>
      <text x="12" y="62" class="plan-muted">
        {cut(target)}
      </text>
      {status !== undefined && <Share step={status} />}
    </g>
  );
}

function Share({ step: { rows, partitions, state } }: { readonly step: Step }) {
  if (rows === null || rows === 0 || partitions.length === 0) return null;
  const done = partitions.reduce((sum, partition) => sum + partition.done, 0);
  const share = state === 'succeeded' ? 1 : done / rows;
  return <rect class="plan-share" x="0" y={size.height - 4} height="4" width={size.width * Math.min(1, share)} />;
}

const words: Readonly<Record<PlanStep['kind'], string>> = {
  sql: 'SQL',
  run: 'TO RUN',
  foreign: 'TO RUN',
  train: 'TO TRAIN',
  model: 'model',
};

const actions: Readonly<Record<Extract<PlanStep, { kind: 'model' }>['action']['does'], string>> = {
  create: 'CREATE MODEL',
  like: 'CREATE MODEL … LIKE',
  show: 'SHOW MODELS',
  describe: 'DESCRIBE MODEL',
  showTrain: 'SHOW TRAIN',
  showTrials: 'SHOW TRIALS',
  drop: 'DROP MODEL',
  setVersion: 'SET MODEL',
};

/** What a step does, and where its rows go. */
function describe(step: PlanStep): readonly string[] {
  if (step.kind === 'sql') return [step.sql.replaceAll(/\s+/g, ' '), ''];
  if (step.kind === 'run' || step.kind === 'foreign') {
    const models = step.command.flatMap((argument) => /^--model=(.*)$/.exec(argument)?.[1] ?? []);
    const tables = [step.into ?? []]
      .flat()
      .map(({ database, table }) => (database === null ? table : `${database}.${table}`));
    return [
      [step.image, step.command[0] ?? '', ...models].join(' '),
      [counted(step.partitions, 'partition'), ...tables.map((table) => `→ ${table}`)].join(' '),
    ];
  }
  if (step.kind === 'train') return [step.training.estimator, `→ ${step.training.into}`];
  if (step.kind === 'model') return [actions[step.action.does], 'name' in step.action ? step.action.name : ''];
  return [step satisfies never, ''];
}

const longest = 34;
const cut = (text: string) => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text);

function edge(from: Placed, to: Placed): string {
  const [x1, y1] = [from.x + size.width, from.y + size.height / 2];
  const [x2, y2] = [to.x, to.y + size.height / 2];
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1} C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}
