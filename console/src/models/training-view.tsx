import { useState } from 'preact/hooks';
import { readTraining, type Training } from '../api/models.ts';
import { Drawing } from '../design/drawing.tsx';
import { Notice } from '../design/notice.tsx';

/** How a model was trained, as SHOW TRAIN tells it: asked for, because it is a statement of its own. */
export function TrainingView({ name, kind }: { readonly name: string; readonly kind: string }) {
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
          {training.svg !== null && <Drawing title={`Training of ${name}`} svg={training.svg} />}
        </>
      )}
    </section>
  );
}
