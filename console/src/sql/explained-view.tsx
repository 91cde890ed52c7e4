import { useEffect, useState } from 'preact/hooks';
import { findSteps } from '../api/models.ts';
import type { Explained } from '../api/statements.ts';
import { FindStrategies } from '../models/find-strategies.tsx';
import { PlanPicture } from '../statements/plan-picture.tsx';

/** The plan of a program that has not run. */
export function ExplainedView({ explained: { plan, text, pictures, workflow } }: { readonly explained: Explained }) {
  return (
    <div class="stack">
      <h2>Plan</h2>
      <PlanPicture plan={plan} />
      {findSteps(plan).map((step) => (
        <FindStrategies key={step.name} step={step} />
      ))}
      {pictures.map(({ step, svg }) => (
        <Drawing key={step} title={`Cost and accuracy of ${step}`} svg={svg} />
      ))}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it */}
      <pre class="panel sql-plan-text" tabIndex={0}>
        {text}
      </pre>
      {workflow !== null && (
        <details>
          <summary>Argo workflow</summary>
          <pre class="panel sql-plan-text">{workflow}</pre>
        </details>
      )}
    </div>
  );
}

/** As an image, nothing in it can run. */
function Drawing({ title, svg }: { readonly title: string; readonly svg: string }) {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [svg]);
  return address === null ? null : <img class="sql-drawing" src={address} alt={title} />;
}
