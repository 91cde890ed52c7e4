import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Picture } from '../api/pictures.ts';
import { BoxedPicture, foundMarks, type Mark, truthMarks } from './boxed-picture.tsx';
import { colourOf } from './colours.ts';
import { describePicture, nameOf } from './describe.ts';
import type { Shown } from './gallery.tsx';

interface Props {
  readonly pictures: readonly Picture[];
  readonly index: number;
  readonly isLast: boolean;
  readonly shown: Shown;
  readonly onMove: (index: number) => void;
  readonly onClose: () => void;
}

/** One picture over the page: arrow keys move, Escape closes. The ground truth is beside what was found. */
export function LargePicture({ pictures, index, isLast, shown, onMove, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const picture = pictures[index]!;
  const { id, step, minScore, only } = shown;
  const found = foundMarks(picture, minScore, only);
  const truth = picture.truth === null || !shown.hasTruth ? null : truthMarks(picture, only);
  useEffect(() => dialog.current!.showModal(), []);
  useEffect(() => setChosen(null), [index]);

  const canMove = (to: number) => to >= 0 && to < pictures.length;
  const move = (to: number) => {
    if (canMove(to)) onMove(to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves: Record<string, number> = {
      ArrowRight: index + 1,
      ArrowLeft: index - 1,
      Home: 0,
      End: pictures.length - 1,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  };
  const cancel = (event: Event) => {
    event.preventDefault();
    onClose();
  };
  const source = { id, step, row: picture.row };
  return (
    <dialog ref={dialog} class="large" aria-labelledby="large-name" onCancel={cancel} onKeyDown={onKeyDown}>
      <header class="large-header">
        <h1 id="large-name">{nameOf(picture)}</h1>
        <span class="muted" aria-live="polite">
          {index + 1} of {pictures.length}
          {isLast ? '' : ' or more'}
        </span>
        <span class="row spring">
          <button type="button" class="button" disabled={!canMove(index - 1)} onClick={() => move(index - 1)}>
            <span aria-hidden="true">←</span> Previous
          </button>
          <button type="button" class="button" disabled={!canMove(index + 1)} onClick={() => move(index + 1)}>
            Next <span aria-hidden="true">→</span>
          </button>
          <button type="button" class="button" autofocus onClick={onClose}>
            Close
          </button>
        </span>
      </header>
      <div class="large-body">
        <div class={truth === null ? 'large-views' : 'large-views large-views-two'}>
          <View
            title={truth === null ? null : 'Found'}
            source={source}
            alt={describePicture(picture, minScore)}
            marks={found}
            chosen={chosen}
          />
          {truth !== null && (
            <View
              title="Ground truth"
              source={source}
              alt={`Ground truth of ${nameOf(picture)}: ${truth.length} boxes`}
              marks={truth}
              chosen={null}
            />
          )}
        </div>
        <FoundList picture={picture} shown={shown} marks={found} onChoose={setChosen} />
      </div>
    </dialog>
  );
}

interface ViewProps {
  readonly title: string | null;
  readonly source: { readonly id: string; readonly step: string; readonly row: number };
  readonly alt: string;
  readonly marks: readonly Mark[];
  readonly chosen: string | null;
}

function View({ title, source, alt, marks, chosen }: ViewProps) {
  const place = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const measure = () => {
      const { width, height } = place.current!.getBoundingClientRect();
      setSize({ width, height });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  return (
    <figure class="large-view">
      {title !== null && <figcaption>{title}</figcaption>}
      <div ref={place} class="large-picture">
        {size.width > 0 && (
          <BoxedPicture source={source} alt={alt} marks={marks} {...size} hasAllLabels chosen={chosen} />
        )}
      </div>
    </figure>
  );
}

interface FoundListProps {
  readonly picture: Picture;
  readonly shown: Shown;
  readonly marks: readonly Mark[];
  readonly onChoose: (key: string | null) => void;
}

function FoundList({ picture: { found, isCut, truth }, shown: { minScore, only }, marks, onChoose }: FoundListProps) {
  const listed = found
    .map((each, at) => ({ ...each, key: `found-${at}` }))
    .filter(({ name, score }) => (score ?? 1) >= minScore && (only === null || name === only));
  const withoutBoxes = (truth ?? []).filter(({ box }) => box === null);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it
    <section class="large-list" aria-label="What was found" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Class</th>
            <th scope="col" class="number">
              {listed.some(({ count }) => count !== null) ? 'Objects' : 'Score'}
            </th>
          </tr>
        </thead>
        <tbody>
          {listed.map(({ key, name, score, count, box }) => (
            <tr key={key} onMouseMove={() => onChoose(box === null ? null : key)} onMouseLeave={() => onChoose(null)}>
              <td>
                {box !== null && <Sample colour={colourOf(name)} />}
                {name}
              </td>
              <td class="number">{count ?? score?.toFixed(3) ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {listed.length === 0 && <p class="muted">Nothing found with this score.</p>}
      {isCut && <p class="muted">More was found than is listed.</p>}
      {withoutBoxes.length > 0 && <p>Ground truth: {withoutBoxes.map(({ name }) => name).join(', ')}</p>}
      {marks.length > 1 && <p class="muted">Point at a row to see its box alone.</p>}
    </section>
  );
}

export function Sample({ colour }: { readonly colour: string }) {
  return (
    <svg class="sample" viewBox="0 0 12 12" aria-hidden="true">
      <rect x="1" y="1" width="10" height="10" rx="2" fill={colour} stroke="#12181d" stroke-width="1" />
    </svg>
  );
}
