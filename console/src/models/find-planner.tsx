import { useRef, useState } from 'preact/hooks';
import { type FindStep, planFind } from '../api/models.ts';
import { Notice } from '../design/notice.tsx';
import { FindStrategies } from './find-strategies.tsx';

const example = `SELECT * FROM demo.images
TO FIND person AND NOT car
WITH image_dir = "/datasets/demo", max_cost = 50
INTO demo.found;`;

/** Plans a TO FIND, and runs nothing. */
export function FindPlanner() {
  const [steps, setSteps] = useState<readonly FindStep[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const asked = useRef<AbortController | null>(null);
  const plan = async (event: SubmitEvent) => {
    event.preventDefault();
    const sql = String(new FormData(event.target as HTMLFormElement).get('sql'));
    asked.current?.abort();
    const mine = new AbortController();
    asked.current = mine;
    setBusy(true);
    setError(null);
    try {
      setSteps(await planFind(sql, mine.signal));
    } catch (failure) {
      if (mine.signal.aborted) return;
      setSteps(null);
      setError(failure);
    }
    setBusy(false);
  };
  return (
    <section class="stack" aria-labelledby="plan-find">
      <div class="row">
        <h2 id="plan-find">Plan a search</h2>
        <span class="muted">TO FIND asks several models; this compares the strategies and runs nothing</span>
      </div>
      <form class="stack" onSubmit={plan}>
        <label class="field">
          <span>Statement</span>
          <textarea class="find-sql mono" name="sql" rows={5} spellcheck={false} required placeholder={example} />
        </label>
        <div class="row">
          <button type="submit" class="button button-primary" disabled={isBusy}>
            {isBusy ? 'Planning …' : 'Plan'}
          </button>
        </div>
      </form>
      {error !== null && <Notice error={error} />}
      {steps !== null && steps.length === 0 && <p class="muted">The program has no TO FIND.</p>}
      {steps?.map((step) => (
        <FindStrategies key={step.name} step={step} />
      ))}
    </section>
  );
}
