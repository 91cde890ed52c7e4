import type { Statement } from '../api/statements.ts';
import { count, counted, duration, rate } from '../design/figures.ts';
import { ProgressBar } from '../design/progress-bar.tsx';

/** Progress of the step that runs. */
export function LiveProgress({ statement }: { readonly statement: Statement }) {
  const { progress, queuePosition } = statement;
  if (queuePosition !== null) return <p class="muted">Number {queuePosition} of your queue.</p>;
  if (progress === null) return null;
  const { step, done, total, failed, outputs, rowsPerSecond, secondsLeft } = progress;
  const facts = [
    `${step}: ${count(done)} of ${counted(total, 'row')}`,
    ...(outputs > 0 ? [`${count(outputs)} results`] : []),
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(rowsPerSecond === null ? [] : [`${rate(rowsPerSecond)} rows/s`]),
    ...(secondsLeft === null || secondsLeft <= 0 ? [] : [`${duration(secondsLeft)} left`]),
  ];
  return (
    <div class="stack">
      <ProgressBar label={`Progress of ${step}`} done={done} total={total} failed={failed} />
      <p class="muted">{facts.join(' · ')}</p>
    </div>
  );
}
