import './page.css';
import { useState } from 'preact/hooks';
import { listModels, type Model, type PlottedModel, readModelFigures } from '../api/models.ts';
import { useUser } from '../app/user.ts';
import { Notice } from '../design/notice.tsx';
import { AccuracyPlot } from './accuracy-plot.tsx';
import { bytes, count, milliseconds, share } from './figures.ts';
import { FindPlanner } from './find-planner.tsx';
import { type Column, SortedTable } from './sorted-table.tsx';
import { useAnswer } from './use-answer.ts';

/** The registry of models, and what they cost and are worth. */
export default function ModelsPage() {
  const models = useAnswer('', listModels);
  const figures = useAnswer('', readModelFigures);
  return (
    <section class="page">
      <h1>Models</h1>
      {models.error !== null && <Notice error={models.error} />}
      {figures.value !== null && figures.value.models.length > 0 && <Chart figures={figures.value} />}
      {models.value !== null && <Registry models={models.value} />}
      <FindPlanner />
    </section>
  );
}

/** More than people tell apart have the colour of the last. */
const colours = 6;

function Chart({
  figures: { models, unmeasured },
}: {
  readonly figures: { readonly models: readonly PlottedModel[]; readonly unmeasured: number };
}) {
  const groups = [...Map.groupBy(models, ({ group }) => group)].toSorted(
    ([, one], [, other]) => other.length - one.length,
  );
  const colourOf = new Map(groups.map(([group], at) => [group, Math.min(at + 1, colours)]));
  const points = models.map(({ name, group, costMs, accuracy, isOnFront }) => ({
    ...{ name, cost: costMs, accuracy, colour: colourOf.get(group)!, hasLabel: isOnFront || models.length <= 20 },
    link: `/models/${encodeURIComponent(name)}`,
  }));
  const front = points.filter((_, at) => models[at]!.isOnFront).toSorted((one, other) => one.cost - other.cost);
  return (
    <section class="panel stack" aria-labelledby="accuracy-and-cost">
      <div class="row">
        <h2 id="accuracy-and-cost">Accuracy and cost</h2>
        <span class="muted">
          share of right answers; no other model is both cheaper and more accurate than those on the line
          {unmeasured === 0 ? '' : `; ${unmeasured} without measurements are not shown`}
        </span>
      </div>
      <AccuracyPlot title="Accuracy of the registered models by their cost" points={points} front={front} />
      <ul class="legend">
        {groups.slice(0, colours).map(([group], at) => (
          <li key={group}>
            <svg class="legend-sample" viewBox="0 0 12 12" aria-hidden="true">
              <circle class={`plot-point plot-point-${at + 1}`} cx="6" cy="6" r="5" />
            </svg>
            {at === colours - 1 && groups.length > colours ? 'others' : group}
          </li>
        ))}
      </ul>
    </section>
  );
}

const columns: readonly Column<Model>[] = [
  {
    title: 'Name',
    value: ({ name }) => name,
    show: ({ name, version }) => (version === null ? name : <a href={`/models/${encodeURIComponent(name)}`}>{name}</a>),
  },
  { title: 'Version', value: ({ version }) => version, isNumber: true },
  { title: 'Kind', value: ({ kind }) => kind },
  { title: 'Family', value: ({ family, base }) => family ?? (base === null ? null : `like ${base}`) },
  { title: 'Classes', value: ({ classes }) => classes, show: ({ classes }) => count(classes), isNumber: true },
  { title: 'mAP', value: ({ map }) => map, show: ({ map }) => share(map), isNumber: true },
  {
    title: 'Images/s',
    value: ({ imagesPerSecond }) => imagesPerSecond,
    show: ({ imagesPerSecond }) => milliseconds(imagesPerSecond),
    isNumber: true,
  },
  { title: 'Size', value: ({ size }) => size, show: ({ size }) => bytes(size), isNumber: true },
  { title: 'Owner', value: ({ owner }) => owner },
];

function Registry({ models }: { readonly models: readonly Model[] }) {
  const { role } = useUser();
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  const shown = models.filter((model) =>
    [model.name, model.kind, model.family, model.owner].some((text) => text?.toLowerCase().includes(wanted)),
  );
  return (
    <section class="stack" aria-labelledby="registry">
      <div class="row">
        <h2 id="registry">Registry</h2>
        <span class="muted">
          {count(models.length)} {models.length === 1 ? 'model' : 'models'}
        </span>
        <input
          class="spring"
          type="search"
          placeholder="Find a model"
          aria-label="Find a model"
          value={search}
          onInput={(event) => setSearch((event.target as HTMLInputElement).value)}
        />
      </div>
      {models.length === 0 ? (
        <p class="muted">
          No model is registered.{' '}
          {role === 'reader' ? (
            'You may not register models.'
          ) : (
            <>
              <code>CREATE MODEL name FROM '/models/file.onnx'</code> registers one.
            </>
          )}
        </p>
      ) : (
        <SortedTable label="Registered models" columns={columns} rows={shown} keyOf={({ name }) => name} />
      )}
    </section>
  );
}
