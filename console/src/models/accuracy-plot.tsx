import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { placeLabels } from '../../../src/plot/place-labels.ts';
import { linearScale, logarithmicScale } from '../../../src/plot/scale.ts';
import { milliseconds, share } from './figures.ts';

export interface PlotPoint {
  readonly name: string;
  /** ms of an image. */
  readonly cost: number;
  /** 0 to 1. */
  readonly accuracy: number;
  /** Number of its colour, from 1. */
  readonly colour: number;
  readonly hasLabel: boolean;
  /** The page that it leads to. */
  readonly link?: string;
}

interface Props {
  readonly title: string;
  readonly points: readonly PlotPoint[];
  /** Ascending in both. */
  readonly front: readonly { readonly cost: number; readonly accuracy: number }[];
  readonly height?: number;
}

const margin = { left: 56, right: 20, top: 12, bottom: 44 };

/** Accuracy by cost, as an SVG of the page's own width. */
export function AccuracyPlot({ title, points, front, height = 340 }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const measure = () => setWidth(Math.floor(frame.current!.getBoundingClientRect().width));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={frame} class="plot" style={{ height: `${height}px` }}>
      {width > 0 && <Drawing title={title} points={points} front={front} width={width} height={height} />}
    </div>
  );
}

function Drawing({ title, points, front, width, height }: Required<Props> & { readonly width: number }) {
  const costs = [...points, ...front].map(({ cost }) => cost).filter((cost) => cost > 0);
  const isWide = Math.max(...costs) > 30 * Math.min(...costs);
  const x = (isWide ? logarithmicScale : linearScale)(
    isWide ? costs : [0, ...costs],
    margin.left,
    width - margin.right,
  );
  const y = linearScale(
    [...points, ...front].map(({ accuracy }) => accuracy),
    height - margin.bottom,
    margin.top,
  );
  const at = ({ cost, accuracy }: { readonly cost: number; readonly accuracy: number }) =>
    [x.at(cost), y.at(accuracy)] as const;
  const steps = front.map((each, index) => {
    const [px, py] = at(each);
    return index === 0 ? `M${px} ${py}` : `H${px}V${py}`;
  });
  const labels = placedLabels(points, at, width, height);
  return (
    <svg class="plot-svg" viewBox={`0 0 ${width} ${height}`}>
      <title>{title}</title>
      {y.ticks.map((tick, index) => (
        <g key={tick}>
          <path class="plot-grid" d={`M${margin.left} ${y.at(tick)}H${width - margin.right}`} />
          <text class="plot-tick" x={margin.left - 8} y={y.at(tick) + 4} text-anchor="end">
            {y.texts[index]}
          </text>
        </g>
      ))}
      {x.ticks.map((tick, index) => (
        <text key={tick} class="plot-tick" x={x.at(tick)} y={height - margin.bottom + 18} text-anchor="middle">
          {x.texts[index]}
        </text>
      ))}
      <path class="plot-axis" d={`M${margin.left} ${height - margin.bottom}H${width - margin.right}`} />
      <text class="plot-title" x={(margin.left + width - margin.right) / 2} y={height - 6} text-anchor="middle">
        cost (ms per image)
      </text>
      <path class="plot-front" d={steps.join('')} />
      {points.map((point) => (
        <Point key={point.name} point={point} place={at(point)} />
      ))}
      {labels.map(({ text, x: left, y: top }) => (
        <text key={text} class="plot-label" x={left} y={top}>
          {text}
        </text>
      ))}
    </svg>
  );
}

function Point({ point, place: [x, y] }: { readonly point: PlotPoint; readonly place: readonly [number, number] }) {
  const told = `${point.name}: accuracy ${share(point.accuracy)}, ${milliseconds(point.cost)} ms an image`;
  const mark = (
    <circle class={`plot-point plot-point-${point.colour}`} cx={x} cy={y} r="5">
      <title>{told}</title>
    </circle>
  );
  if (point.link === undefined) {
    return mark;
  }
  return (
    <a href={point.link} aria-label={told}>
      {mark}
    </a>
  );
}

/** Labels that cover nothing: `src/plot` places them as on the command line's charts. */
function placedLabels(
  points: readonly PlotPoint[],
  at: (point: PlotPoint) => readonly [number, number],
  width: number,
  height: number,
): readonly { readonly text: string; readonly x: number; readonly y: number }[] {
  const placed = points.map((point) => ({ text: point.name, x: at(point)[0], y: at(point)[1] }));
  const frame = { x: margin.left, y: 0, width: width - margin.left, height: height - margin.bottom };
  const size = { height: 16, radius: 5, textWidth: (text: string) => [...text].length * 6.8 };
  const labelled = placed.filter((_, index) => points[index]!.hasLabel);
  return placeLabels(labelled, placed, frame, size).map(({ point, area }) => ({
    ...{ text: point.text, x: area.x, y: area.y + area.height - 4 },
  }));
}
