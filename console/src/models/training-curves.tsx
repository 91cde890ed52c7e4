import { useState } from 'preact/hooks';
import { readTraining, type Training } from '../api/models.ts';
import { Notice } from '../design/notice.tsx';

/** How a model was trained, as SHOW TRAIN tells it: asked for, because it is a statement of its own. */
export function TrainingCurves({ name, kind }: { readonly name: string; readonly kind: string }) {
  const [training, setTraining] = useState<Training | null>(null);
  const [error, setError] = useState<unknown>(null);
  if (kind !== 'tabular') return null;
  const show = () => {
    setError(null);
    readTraining(name).then(setTraining, setError);
  };
  return (
    <section class="panel stack" aria-labelledby="training">
      <div class="row">
        <h2 id="training">Training</h2>
        {training === null && (
          <button type="button" class="button" onClick={show}>
            Show
          </button>
        )}
      </div>
      {error !== null && <Notice error={error} />}
      {training !== null && (
        <>
          <dl class="facts">
            {training.facts.map(([term, told]) => (
              <div key={term}>
                <dt>{term}</dt>
                <dd>{told}</dd>
              </div>
            ))}
          </dl>
          {training.curves.map(({ title, values }) => (
            <Curve key={title} title={title} values={values} />
          ))}
        </>
      )}
    </section>
  );
}

const [width, height] = [600, 140];

function Curve({ title, values }: { readonly title: string; readonly values: readonly number[] }) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const range = most - least || 1;
  const points = values.map((value, at) => {
    const x = (at / Math.max(values.length - 1, 1)) * width;
    return `${x.toFixed(1)} ${(height - 8 - ((value - least) / range) * (height - 16)).toFixed(1)}`;
  });
  return (
    <figure class="curve">
      <figcaption class="muted">
        {title}: {Number(values[0]!.toPrecision(4))} to {Number(values.at(-1)!.toPrecision(4))} in {values.length} steps
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={`Curve of ${title}`}>
        <path class="plot-grid" d={`M0 ${height - 1}H${width}`} />
        <path class="plot-curve plot-curve-1" vector-effect="non-scaling-stroke" d={`M${points.join('L')}`} />
      </svg>
    </figure>
  );
}
