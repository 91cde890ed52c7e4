import { useMemo, useState } from 'preact/hooks';
import type { ClassCount, PictureClasses } from '../api/pictures.ts';
import { colourOf } from './colours.ts';
import { Sample } from './large-picture.tsx';

const whole = new Intl.NumberFormat('en');
export const count = (value: number) => whole.format(value);

interface ScoreProps {
  readonly classes: readonly ClassCount[];
  readonly only: string | null;
  readonly minScore: number;
  readonly onChange: (minScore: number) => void;
}

/** A slider under a histogram of the scores that it cuts. */
export function ScoreFilter({ classes, only, minScore, onChange }: ScoreProps) {
  const bars = useMemo(() => histogram(classes, only), [classes, only]);
  if (bars === null) return null;
  const most = Math.max(...bars, 1);
  const kept = bars.reduce((sum, bar, at) => ((at + 1) / bars.length > minScore ? sum + bar : sum), 0);
  const width = 100 / bars.length;
  return (
    <div class="stack filter-score">
      <svg
        class="histogram"
        viewBox="0 0 100 40"
        preserveAspectRatio="none"
        role="img"
        aria-label={`Histogram of the scores: about ${count(kept)} of ${count(bars.reduce((a, b) => a + b, 0))} objects have a score of ${minScore.toFixed(2)} or more`}
      >
        {bars.map((bar, at) => (
          <rect
            key={at}
            class={(at + 1) / bars.length > minScore ? 'histogram-bar' : 'histogram-bar histogram-bar-cut'}
            x={at * width + 0.4}
            width={width - 0.8}
            y={40 - 38 * Math.sqrt(bar / most)}
            height={38 * Math.sqrt(bar / most)}
          />
        ))}
      </svg>
      <label class="field">
        <span>
          Score at least <output>{minScore.toFixed(2)}</output>
        </span>
        <input
          type="range"
          min="0"
          max="1"
          step="0.01"
          value={minScore}
          onInput={(event) => onChange(Number((event.target as HTMLInputElement).value))}
        />
      </label>
    </div>
  );
}

function histogram(classes: readonly ClassCount[], only: string | null): readonly number[] | null {
  const chosen = classes.filter(({ name, scores }) => scores !== null && (only === null || name === only));
  const [first] = chosen;
  if (first === undefined) return null;
  return first.scores!.map((_, bar) => chosen.reduce((sum, { scores }) => sum + scores![bar]!, 0));
}

interface ClassProps {
  readonly counted: PictureClasses;
  readonly only: string | null;
  readonly hasBoxes: boolean;
  readonly onChange: (only: string | null) => void;
}

const listed = 200;

/** The classes with their numbers; a press shows the pictures of one. */
export function ClassFilter({ counted: { classes }, only, hasBoxes, onChange }: ClassProps) {
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  const matching = classes.filter(({ name }) => name.toLowerCase().includes(wanted));
  const most = Math.max(...classes.map(({ objects }) => objects), 1);
  return (
    <fieldset class="filter-classes">
      <legend>
        Classes <span class="muted">{count(classes.length)}</span>
      </legend>
      {classes.length > 12 && (
        <input
          type="search"
          placeholder="Find a class"
          aria-label="Find a class"
          value={search}
          onInput={(event) => setSearch((event.target as HTMLInputElement).value)}
        />
      )}
      <ul class="class-list">
        <li>
          <button type="button" class="class-button" aria-pressed={only === null} onClick={() => onChange(null)}>
            <span class="class-name">All classes</span>
          </button>
        </li>
        {matching.slice(0, listed).map(({ name, objects, pictures }) => (
          <li key={name}>
            <button
              type="button"
              class="class-button"
              aria-pressed={only === name}
              title={`${name}: ${count(objects)} in ${count(pictures)} pictures`}
              onClick={() => onChange(only === name ? null : name)}
            >
              <meter class="class-meter" min={0} max={most} value={objects} aria-hidden="true" />
              <span class="class-name">
                {hasBoxes && <Sample colour={colourOf(name)} />}
                <span class="class-text">{name === '' ? '(empty)' : name}</span>
              </span>
              <span class="class-count">{count(objects)}</span>
            </button>
          </li>
        ))}
      </ul>
      {matching.length > listed && <p class="muted">{count(matching.length - listed)} more: find them by name.</p>}
      {matching.length === 0 && classes.length > 0 && <p class="muted">No class has this name.</p>}
    </fieldset>
  );
}
