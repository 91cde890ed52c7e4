import './page.css';
import { useState } from 'preact/hooks';
import {
  type ClassMeasurement,
  type Measurement,
  type ModelVersion,
  readMeasurements,
  readModel,
} from '../api/models.ts';
import { Notice } from '../design/notice.tsx';
import { bytes, count, day, milliseconds, share } from './figures.ts';
import { type Column, SortedTable } from './sorted-table.tsx';
import { TrainingView } from './training-view.tsx';
import { useAnswer } from './use-answer.ts';

/** One model of the registry: its versions, and its measurements as a whole and by class. */
export default function ModelPage({ params }: { readonly params: Readonly<Record<string, string>> }) {
  const name = params.name!;
  const model = useAnswer(name, (signal) => readModel(name, signal));
  const measured = useAnswer(name, (signal) => readMeasurements(name, signal));
  const current = model.value?.versions.find(({ isCurrent }) => isCurrent);
  return (
    <section class="page">
      <div class="row">
        <h1 class="model-name">{name}</h1>
        <a href="/models">All models</a>
      </div>
      {model.error !== null && <Notice error={model.error} />}
      {model.value !== null && current !== undefined && <Facts owner={model.value.owner} version={current} />}
      {current !== undefined && <TrainingView name={name} kind={current.kind} />}
      {measured.value !== null && <Measurements measurements={measured.value} />}
      {model.value !== null && <Versions versions={model.value.versions} />}
      {current !== undefined && current.classNames.length > 0 && <Classes names={current.classNames} />}
    </section>
  );
}

function Facts({ owner, version }: { readonly owner: string; readonly version: ModelVersion }) {
  const { kind, family, width, height, size, digest, location, file, base } = version;
  const places = { path: file ?? 'a file', database: 'in the database', none: 'nowhere: it is simulated' };
  const facts: readonly (readonly [string, string | null])[] = [
    ['Kind', kind],
    ['Family', family],
    ['Like', base],
    ['Input', width === null || height === null ? null : `${width} × ${height} px`],
    ['Size', size === null ? null : bytes(size)],
    ['Stored', places[location]],
    ['Owner', owner],
    ['SHA-256', digest],
  ];
  return (
    <dl class="panel facts">
      {facts.map(([term, told]) =>
        told === null ? null : (
          <div key={term}>
            <dt>{term}</dt>
            <dd class={term === 'SHA-256' ? 'mono' : undefined}>{told}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

const measurementColumns: readonly Column<Measurement>[] = [
  { title: 'Measured', value: ({ measuredAt }) => measuredAt, show: ({ measuredAt }) => day(measuredAt) },
  {
    title: 'By',
    value: ({ origin }) => origin,
    show: ({ origin, statement }) => (statement === null ? origin : <a href={`/statements/${statement}`}>{origin}</a>),
  },
  { title: 'Version', value: ({ version }) => version, isNumber: true },
  { title: 'Device', value: ({ device }) => device },
  { title: 'Batch', value: ({ batch }) => batch, isNumber: true },
  { title: 'Images', value: ({ images }) => images, show: ({ images }) => count(images), isNumber: true },
  {
    title: 'Decode ms',
    value: ({ decodeMs }) => decodeMs,
    show: ({ decodeMs }) => milliseconds(decodeMs),
    isNumber: true,
  },
  { title: 'Infer ms', value: ({ inferMs }) => inferMs, show: ({ inferMs }) => milliseconds(inferMs), isNumber: true },
  { title: 'Total ms', value: ({ totalMs }) => totalMs, show: ({ totalMs }) => milliseconds(totalMs), isNumber: true },
  {
    title: 'Memory',
    value: ({ peakMemory }) => peakMemory,
    show: ({ peakMemory }) => bytes(peakMemory),
    isNumber: true,
  },
  { title: 'Accuracy', value: accuracyOf, show: accuracyText },
];

function accuracyOf({ accuracy }: Measurement): number | null {
  return accuracy?.map ?? accuracy?.top1 ?? null;
}

function accuracyText({ accuracy }: Measurement): string {
  const named = [
    ['mAP', accuracy?.map],
    ['AP50', accuracy?.map50],
    ['top 1', accuracy?.top1],
    ['top 5', accuracy?.top5],
  ] as const;
  return named.flatMap(([name, value]) => (typeof value === 'number' ? [`${name} ${share(value)}`] : [])).join(', ');
}

const keyOf = (measurement: Measurement) =>
  `${measurement.version} ${measurement.origin} ${measurement.measuredAt} ${measurement.statement}`;

function Measurements({ measurements }: { readonly measurements: readonly Measurement[] }) {
  const evaluations = measurements.filter(({ perClass }) => perClass !== null && perClass.length > 0);
  const [chosen, setChosen] = useState<string | null>(null);
  if (measurements.length === 0) {
    return (
      <p class="muted">
        It has not been measured: <code>TO EVALUATE</code> on labelled images measures it, and every run measures its
        speed.
      </p>
    );
  }
  const evaluation = evaluations.find((each) => keyOf(each) === chosen) ?? evaluations[0];
  return (
    <>
      <section class="stack" aria-labelledby="measurements">
        <h2 id="measurements">Measurements</h2>
        <SortedTable label="Measurements" columns={measurementColumns} rows={measurements} keyOf={keyOf} />
      </section>
      {evaluation !== undefined && (
        <section class="stack" aria-labelledby="by-class">
          <div class="row">
            <h2 id="by-class">By class</h2>
            <label class="field field-row spring">
              <span>Evaluation</span>
              <select
                value={keyOf(evaluation)}
                onChange={(event) => setChosen((event.target as HTMLSelectElement).value)}
              >
                {evaluations.map((each) => (
                  <option key={keyOf(each)} value={keyOf(each)}>
                    {day(each.measuredAt)}, version {each.version}, {count(each.images)} images
                  </option>
                ))}
              </select>
            </label>
          </div>
          <SortedTable
            label="Measurements by class"
            columns={classColumns}
            rows={evaluation.perClass!}
            keyOf={({ classId, name }) => `${classId} ${name}`}
            sorted={1}
          />
        </section>
      )}
    </>
  );
}

function rightOf({ right, wrong }: ClassMeasurement): number | null {
  return right === null || wrong === null || right + wrong === 0 ? null : right / (right + wrong);
}

function bar(value: number | null) {
  if (value === null) return null;
  return (
    <span class="bar">
      <meter min={0} max={1} value={value} aria-hidden="true" />
      {share(value)}
    </span>
  );
}

const classColumns: readonly Column<ClassMeasurement>[] = [
  { title: 'Class', value: ({ name }) => name },
  { title: 'AP', value: ({ ap }) => ap, show: ({ ap }) => bar(ap), isNumber: true },
  { title: 'Precision', value: ({ precision }) => precision, show: ({ precision }) => bar(precision), isNumber: true },
  { title: 'Recall', value: ({ recall }) => recall, show: ({ recall }) => bar(recall), isNumber: true },
  { title: 'Presence right', value: rightOf, show: (row) => bar(rightOf(row)), isNumber: true },
  { title: 'Images that show it', value: ({ shown }) => shown, show: ({ shown }) => count(shown), isNumber: true },
];

const versionColumns: readonly Column<ModelVersion>[] = [
  {
    title: 'Version',
    value: ({ version }) => version,
    show: ({ version, isCurrent }) => (isCurrent ? `${version} (current)` : version),
  },
  { title: 'Made', value: ({ madeAt }) => madeAt, show: ({ madeAt }) => day(madeAt) },
  {
    title: 'By',
    value: ({ madeBy }) => madeBy,
    show: ({ madeBy, statement }) => (statement === null ? madeBy : <a href={`/statements/${statement}`}>{madeBy}</a>),
  },
  { title: 'Kind', value: ({ kind }) => kind },
  { title: 'Family', value: ({ family }) => family },
  { title: 'Classes', value: ({ classNames }) => classNames.length, isNumber: true },
  { title: 'Size', value: ({ size }) => size, show: ({ size }) => bytes(size), isNumber: true },
  {
    title: 'SHA-256',
    value: ({ digest }) => digest,
    show: ({ digest }) => (digest === null ? null : <code title={digest}>{digest.slice(0, 12)}…</code>),
  },
];

function Versions({ versions }: { readonly versions: readonly ModelVersion[] }) {
  return (
    <section class="stack" aria-labelledby="versions">
      <h2 id="versions">Versions</h2>
      <SortedTable
        label="Versions"
        columns={versionColumns}
        rows={versions.toSorted((one, other) => other.version - one.version)}
        keyOf={({ version }) => String(version)}
      />
    </section>
  );
}

function Classes({ names }: { readonly names: readonly string[] }) {
  return (
    <details class="panel">
      <summary>{count(names.length)} classes</summary>
      <p class="class-names">{names.join(', ')}</p>
    </details>
  );
}
