import './page.css';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { type PictureClasses, readPictureClasses } from '../api/pictures.ts';
import { navigate, usePlace } from '../app/location.ts';
import { Notice } from '../design/notice.tsx';
import { ClassFilter, count, ScoreFilter } from './filters.tsx';
import { Gallery, type Shown } from './gallery.tsx';
import { LargePicture } from './large-picture.tsx';
import { type LoadedPictures, usePictures } from './use-pictures.ts';

const tiles = { small: 150, medium: 240, large: 420 } as const;
type TileSize = keyof typeof tiles;

/** The result of a statement as pictures. The filter is in the address, so that a link shows the same. */
export default function PicturesPage({ params }: { readonly params: Readonly<Record<string, string>> }) {
  const id = params.id!;
  const { query } = usePlace();
  const step = query.get('step') ?? undefined;
  const only = query.get('class');
  const [minScore, setMinScore] = useScore(Number(query.get('score') ?? 0) || 0);
  const settled = useSettled(minScore);
  const [labels, setLabels] = useState<string | undefined>(undefined);
  const [hasTruth, setHasTruth] = useState(true);
  const [tile, setTile] = useState<TileSize>('medium');
  const [open, setOpen] = useState<number | null>(null);
  const [returnTo, setReturn] = useState<number | null>(null);
  const { counted, failure } = useClasses(id, step);
  const loaded = usePictures(
    id,
    useMemo(
      () => ({ step, class: only ?? undefined, minScore: settled > 0 ? settled : undefined, labels }),
      [step, only, settled, labels],
    ),
  );
  const change = useCallback((name: string, value: string | null) => {
    const next = new URLSearchParams(location.search);
    if (value === null) next.delete(name);
    else next.set(name, value);
    navigate(`${location.pathname}${next.size === 0 ? '' : `?${next}`}`, { replace: true });
  }, []);
  useEffect(() => change('score', settled > 0 ? settled.toFixed(2) : null), [settled, change]);

  const { first, pictures, error } = loaded;
  const shown: Shown = { id, step: first?.step ?? '', minScore, only, hasTruth };
  const close = () => {
    setReturn(open);
    setOpen(null);
  };
  useEffect(() => {
    if (open !== null && open >= pictures.length - 3) loaded.more();
  }, [open, pictures.length, loaded]);

  return (
    <section class="page pictures">
      <header class="row pictures-header">
        <h1>Pictures</h1>
        <a href={`/statements/${id}`}>Statement</a>
        {counted !== null && first !== null && <Summary counted={counted} kind={first.kind} />}
        <span class="row spring">
          <TileSwitch size={tile} onChange={setTile} />
        </span>
      </header>
      {failure !== null && error === null && <Notice error={failure} />}
      {error !== null && <Notice error={error} />}
      <div class="pictures-body">
        {first !== null && (
          <aside class="filters" aria-label="Filters">
            {counted !== null && (
              <ScoreFilter classes={counted.classes} only={only} minScore={minScore} onChange={setMinScore} />
            )}
            <TruthFilter
              labels={first.labels}
              isShown={hasTruth}
              onShow={setHasTruth}
              onName={(name) => setLabels(name === '' ? undefined : name)}
            />
            {counted !== null && (
              <ClassFilter
                counted={counted}
                only={only}
                hasBoxes={first.kind === 'boxes'}
                onChange={(name) => change('class', name)}
              />
            )}
          </aside>
        )}
        <div class="pictures-main">
          {pictures.length > 0 && (
            <Gallery
              pictures={pictures}
              shown={shown}
              tile={tiles[tile]}
              returnTo={open === null ? returnTo : null}
              onEnd={loaded.more}
              onOpen={setOpen}
            />
          )}
          <Ending loaded={loaded} />
        </div>
      </div>
      {open !== null && pictures[open] !== undefined && (
        <LargePicture
          pictures={pictures}
          index={open}
          isLast={loaded.isLast}
          shown={shown}
          onMove={setOpen}
          onClose={close}
        />
      )}
    </section>
  );
}

function useScore(initial: number) {
  return useState(Math.min(Math.max(initial, 0), 1));
}

/** A value once it has not changed for a moment: a slider moves through many. */
function useSettled(value: number): number {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), 250);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function useClasses(id: string, step: string | undefined) {
  const [state, setState] = useState<{ counted: PictureClasses | null; failure: unknown }>({
    counted: null,
    failure: null,
  });
  useEffect(() => {
    const leaving = new AbortController();
    readPictureClasses(id, step, leaving.signal).then(
      (counted) => setState({ counted, failure: null }),
      (failure) => {
        if (!leaving.signal.aborted) setState({ counted: null, failure });
      },
    );
    return () => leaving.abort();
  }, [id, step]);
  return state;
}

const objects = { boxes: 'boxes', classes: 'classes', best: 'rows', scores: 'rows', counts: 'rows' };

function Summary({
  counted: { selected, pictures, counted, isComplete },
  kind,
}: {
  readonly counted: PictureClasses;
  readonly kind: keyof typeof objects;
}) {
  return (
    <span class="muted">
      {count(pictures)} of {count(selected)} pictures, {count(counted)} {objects[kind]}
      {isComplete ? '' : ' counted, and more'}
    </span>
  );
}

function TileSwitch({ size, onChange }: { readonly size: TileSize; readonly onChange: (size: TileSize) => void }) {
  return (
    <label class="field field-row">
      <span>Size</span>
      <select value={size} onChange={(event) => onChange((event.target as HTMLSelectElement).value as TileSize)}>
        {Object.keys(tiles).map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  );
}

interface TruthProps {
  /** The table; null: none is known. */
  readonly labels: string | null;
  readonly isShown: boolean;
  readonly onShow: (isShown: boolean) => void;
  readonly onName: (name: string) => void;
}

function TruthFilter({ labels, isShown, onShow, onName }: TruthProps) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onName(String(new FormData(event.target as HTMLFormElement).get('labels')).trim());
  };
  return (
    <form class="stack filter-truth" onSubmit={submit}>
      {labels !== null && (
        <label class="field field-row">
          <input
            type="checkbox"
            checked={isShown}
            onChange={(event) => onShow((event.target as HTMLInputElement).checked)}
          />
          <span>
            Ground truth: <code>{labels}</code>
          </span>
        </label>
      )}
      <details open={labels === null ? undefined : false}>
        <summary>{labels === null ? 'Show a ground truth' : 'Another ground truth'}</summary>
        <div class="row filter-truth-name">
          <input name="labels" aria-label="Table of labels" placeholder="database.annotations" spellcheck={false} />
          <button type="submit" class="button">
            Show
          </button>
        </div>
      </details>
    </form>
  );
}

function Ending({ loaded: { pictures, isLast, error, first } }: { readonly loaded: LoadedPictures }) {
  if (error !== null) return null;
  if (!isLast) return <p class="muted pictures-end">Loading …</p>;
  if (pictures.length > 0 || first === null) return null;
  return <p class="muted pictures-end">No picture passes the filter.</p>;
}
