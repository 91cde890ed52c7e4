import type { Step } from '../api/statements.ts';
import { count, counted, duration, rate } from '../design/figures.ts';
import { ProgressBar } from '../design/progress-bar.tsx';
import { StateBadge } from '../design/state-badge.tsx';

/** More partitions are shown as squares. */
const mostLarge = 48;

type Partition = Step['partitions'][number];

/** The partitions of a step as a grid. */
export function Partitions({ step: { name, partitions, rows, outputs, timings } }: { readonly step: Step }) {
  const isLarge = partitions.length <= mostLarge;
  const facts = [
    ...(rows === null ? [] : [counted(rows, 'row')]),
    ...(timings === null
      ? []
      : [
          duration(timings.seconds),
          `${rate(timings.rows / timings.seconds)} rows/s`,
          `${timings.device}`,
          `${timings.inferMs.toFixed(1)} ms inference, ${timings.decodeMs.toFixed(1)} ms decoding a row`,
        ]),
  ];
  return (
    <div class="stack">
      <h2>
        {counted(partitions.length, 'partition')} of {name}
      </h2>
      <p class="muted">{facts.join(' · ')}</p>
      <ul class={isLarge ? 'partitions' : 'partitions partitions-many'}>
        {partitions.map((partition) =>
          isLarge ? (
            <Large key={partition.number} partition={partition} outputs={outputs ?? 'results'} />
          ) : (
            <Small key={partition.number} partition={partition} />
          ),
        )}
      </ul>
    </div>
  );
}

function Large({ partition, outputs }: { readonly partition: Partition; readonly outputs: string }) {
  const { number, state, rows, done, failed, attempts } = partition;
  return (
    <li class="partition">
      <div class="row">
        <strong>{number}</strong>
        <span class="spring" />
        <StateBadge state={state} />
      </div>
      <ProgressBar label={`Partition ${number}`} done={done} total={rows} failed={failed} />
      <span class="muted">
        {count(done)}/{count(rows)} · {count(partition.outputs)} {outputs}
        {failed > 0 && ` · ${count(failed)} failed`}
        {attempts > 1 && ` · attempt ${attempts}`}
      </span>
    </li>
  );
}

function Small({ partition: { number, state, rows, done, failed } }: { readonly partition: Partition }) {
  const text = `Partition ${number}: ${state}, ${done} of ${rows} rows${failed > 0 ? `, ${failed} failed` : ''}`;
  return (
    <li class="partition-small" data-state={state} data-failed={failed > 0} title={text}>
      <span class="visually-hidden">{text}</span>
    </li>
  );
}
