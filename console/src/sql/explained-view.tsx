import { findSteps } from '../api/models.ts';
import type { Explained } from '../api/statements.ts';
import { Drawing } from '../design/drawing.tsx';
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
