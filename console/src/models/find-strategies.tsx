import './page.css';
import type { FindStep } from '../api/models.ts';
import { AccuracyPlot } from './accuracy-plot.tsx';
import { milliseconds, percent } from './figures.ts';

const strategies = ['baseline', 'basic', 'order'] as const;

const meanings = {
  baseline: 'every image goes through all models; chosen greedily',
  basic: 'every image goes through all models; the best choice',
  order: 'a model is asked only about images that still need it',
};

/** The plans of a TO FIND side by side, above all plans worth having. */
export function FindStrategies({ step: { name, find } }: { readonly step: FindStep }) {
  const points = strategies.flatMap((strategy, at) => {
    const { cascade } = find.strategies[strategy];
    if (cascade === null) return [];
    return [{ name: strategy, cost: cascade.cost, accuracy: cascade.accuracy, colour: at + 1, hasLabel: true }];
  });
  return (
    <section class="panel stack" aria-label={`Plans of ${name}`}>
      <div class="strategies">
        {strategies.map((strategy) => (
          <Strategy
            key={strategy}
            name={strategy}
            found={find.strategies[strategy]}
            isChosen={find.strategy === strategy}
          />
        ))}
      </div>
      {points.length > 0 && (
        <AccuracyPlot
          title="Accuracy of the plans by their cost; the line has all plans worth having"
          points={points}
          front={find.front ?? []}
          height={260}
        />
      )}
      {find.notes.map((note) => (
        <p key={note} class="muted">
          {note}
        </p>
      ))}
    </section>
  );
}

interface StrategyProps {
  readonly name: (typeof strategies)[number];
  readonly found: FindStep['find']['strategies']['order'];
  readonly isChosen: boolean;
}

function Strategy({ name, found: { cascade, reachesGoal }, isChosen }: StrategyProps) {
  return (
    <article class={isChosen ? 'strategy strategy-chosen' : 'strategy'}>
      <h3>
        {name} {isChosen && <span class="strategy-sign">runs</span>}
      </h3>
      <p class="muted">{meanings[name]}</p>
      {cascade === null ? (
        <p>No plan.</p>
      ) : (
        <>
          <ol class="cascade">
            {cascade.steps.map(({ model, cost, classes, reach }) => (
              <li key={`${model} ${classes.join(' ')}`}>
                <span class="row">
                  <a href={`/models/${encodeURIComponent(model)}`}>{model}</a>
                  <span class="muted spring">{milliseconds(cost)} ms</span>
                </span>
                <span class="cascade-classes">{classes.join(', ')}</span>
                <span class="bar">
                  <meter min={0} max={1} value={reach} aria-hidden="true" />
                  <span class="muted">{percent(reach)} of the images reach it</span>
                </span>
              </li>
            ))}
          </ol>
          <dl class="figures">
            <dt>Cost</dt>
            <dd>{milliseconds(cascade.cost)} ms an image</dd>
            <dt>Accuracy</dt>
            <dd>{cascade.accuracy.toFixed(4)}</dd>
            {cascade.agreement !== null && (
              <>
                <dt>Agreement</dt>
                <dd>{cascade.agreement.toFixed(4)}</dd>
              </>
            )}
          </dl>
          {!reachesGoal && <p class="strategy-missed">It misses the bound of the statement.</p>}
        </>
      )}
    </article>
  );
}
