import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Picture } from '../api/pictures.ts';
import { BoxedPicture, foundMarks, truthMarks } from './boxed-picture.tsx';
import { countFound, describePicture, nameOf, shortName } from './describe.ts';

export interface Shown {
  readonly id: string;
  readonly step: string;
  readonly minScore: number;
  readonly only: string | null;
  readonly hasTruth: boolean;
}

interface Props {
  readonly pictures: readonly Picture[];
  readonly shown: Shown;
  /** Least width of a picture, in px. */
  readonly tile: number;
  /** The picture that was shown large, and gets the focus; null: none. */
  readonly returnTo: number | null;
  readonly onEnd: () => void;
  readonly onOpen: (index: number) => void;
}

const gap = 12;
const captionHeight = 44;
/** Rows above and below the window that are drawn, so that scrolling finds them there. */
const spare = 1;

/** Only the pictures in the window are in the document, however many there are. */
export function Gallery({ pictures, shown, tile, returnTo, onEnd, onOpen }: Props) {
  const frame = useRef<HTMLUListElement>(null);
  const { width, from, to } = useWindowOn(frame);
  const [active, setActive] = useState(0);
  const toFocus = useRef<number | null>(null);

  const columns = Math.max(1, Math.floor((width + gap) / (tile + gap)));
  const tileWidth = Math.floor((width - gap * (columns - 1)) / columns);
  const pictureHeight = Math.round(tileWidth * 0.75);
  const rowHeight = pictureHeight + captionHeight + gap;
  const rows = Math.ceil(pictures.length / columns);
  const first = Math.max(0, Math.min(Math.floor(from / rowHeight) - spare, rows - 1));
  const last = Math.min(rows, Math.ceil(to / rowHeight) + spare);
  const visible = pictures.slice(first * columns, last * columns);
  const hasActive = active >= first * columns && active < last * columns;

  useEffect(() => {
    if (width > 0 && last >= rows - 2) onEnd();
  }, [width, last, rows, onEnd]);
  useLayoutEffect(() => {
    if (toFocus.current === null) return;
    const button = frame.current?.querySelector<HTMLButtonElement>(`[data-index="${toFocus.current}"]`);
    if (!button) return;
    toFocus.current = null;
    button.focus({ preventScroll: true });
    button.scrollIntoView({ block: 'nearest' });
  });

  const go = (index: number) => {
    const wanted = Math.max(0, Math.min(index, pictures.length - 1));
    toFocus.current = wanted;
    setActive(wanted);
    // Its row may not be in the document yet.
    const top = frame.current!.getBoundingClientRect().top + window.scrollY + Math.floor(wanted / columns) * rowHeight;
    if (wanted < first * columns || wanted >= last * columns) window.scrollTo({ top: top - rowHeight });
  };
  useEffect(() => {
    if (returnTo !== null) go(returnTo);
  }, [returnTo]);
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Record<string, number> = {
      ArrowRight: active + 1,
      ArrowLeft: active - 1,
      ArrowDown: active + columns,
      ArrowUp: active - columns,
      Home: 0,
      End: pictures.length - 1,
    };
    const wanted = moves[event.key];
    if (wanted === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go(wanted);
  };

  return (
    <ul
      ref={frame}
      class="gallery"
      aria-label="Pictures"
      style={{ height: `${Math.max(rows * rowHeight - gap, 0)}px` }}
      onKeyDown={onKeyDown}
    >
      {width > 0 &&
        visible.map((picture, at) => {
          const index = first * columns + at;
          const left = (index % columns) * (tileWidth + gap);
          const top = Math.floor(index / columns) * rowHeight;
          return (
            <li
              key={picture.row}
              aria-setsize={pictures.length}
              aria-posinset={index + 1}
              style={{ width: `${tileWidth}px`, transform: `translate(${left}px, ${top}px)` }}
            >
              <Tile
                picture={picture}
                shown={shown}
                index={index}
                width={tileWidth}
                height={pictureHeight}
                isStop={hasActive ? index === active : at === 0}
                onFocus={() => setActive(index)}
                onOpen={() => onOpen(index)}
              />
            </li>
          );
        })}
    </ul>
  );
}

interface TileProps {
  readonly picture: Picture;
  readonly shown: Shown;
  readonly index: number;
  readonly width: number;
  readonly height: number;
  /** Whether Tab stops here. */
  readonly isStop: boolean;
  readonly onFocus: () => void;
  readonly onOpen: () => void;
}

function Tile({ picture, shown, index, width, height, isStop, onFocus, onOpen }: TileProps) {
  const { id, step, minScore, only, hasTruth } = shown;
  const marks = [...(hasTruth ? truthMarks(picture, only) : []), ...foundMarks(picture, minScore, only)];
  const counts = [...countFound(picture, minScore)];
  return (
    <button
      type="button"
      class="tile"
      data-index={index}
      tabIndex={isStop ? 0 : -1}
      onFocus={onFocus}
      onClick={onOpen}
      title={nameOf(picture)}
    >
      <span class="tile-picture" style={{ height: `${height}px` }}>
        <BoxedPicture
          source={{ id, step, row: picture.row }}
          alt={describePicture(picture, minScore)}
          marks={marks}
          width={width}
          height={height}
        />
      </span>
      <span class="tile-caption" aria-hidden="true">
        <span class="tile-name">{shortName(picture)}</span>
        <span class="tile-found muted">
          {counts.length === 0
            ? 'nothing found'
            : counts.map(([name, n]) => (n === null ? name : `${n} ${name}`)).join(', ')}
        </span>
      </span>
    </button>
  );
}

/** The part of an element that is in the window, from its top, and its width; in px. */
function useWindowOn(element: { readonly current: HTMLElement | null }) {
  const [view, setView] = useState({ width: 0, from: 0, to: 0 });
  useLayoutEffect(() => {
    const target = element.current!;
    let frame = 0;
    const measure = () => {
      frame = 0;
      const { top, width } = target.getBoundingClientRect();
      setView({ width: Math.floor(width), from: -top, to: window.innerHeight - top });
    };
    const later = () => {
      if (frame === 0) frame = requestAnimationFrame(measure);
    };
    measure();
    const observer = new ResizeObserver(later);
    observer.observe(target);
    window.addEventListener('scroll', later, { passive: true });
    window.addEventListener('resize', later);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      window.removeEventListener('scroll', later);
      window.removeEventListener('resize', later);
    };
  }, []);
  return view;
}
