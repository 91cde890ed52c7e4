import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { readPartitionTimes, type Step } from '../api/statements.ts';
import { themeChanged } from '../app/theme.ts';
import { duration, rate } from '../design/figures.ts';
import { recordedSpeeds, type Speeds, seenSpeeds } from './speed.ts';
import type { Sample } from './use-statement.ts';

interface Props {
  readonly id: string;
  readonly step: Step;
  readonly samples: readonly Sample[];
}

const height = 180;

/** Programs whose rows are images. */
const ofImages = ['detect', 'classify', 'find', 'evaluate'];

/** Images per second over time: as this page has seen it, or else as the ledger has it. */
export function SpeedChart({ id, step, samples }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const recorded = useRecorded(id, step);
  const seen = seenSpeeds(samples.filter((sample) => sample.step === step.name));
  const [times, speeds] = recorded[0].length > seen[0].length ? recorded : seen;
  const noun = ofImages.includes(step.program ?? '') ? 'Images' : 'Rows';
  const isDrawn = times.length >= 2;
  useEffect(() => {
    if (!isDrawn) return;
    const draw = () => new uPlot(optionsOf(host.current!), [[...times], [...speeds]], host.current!);
    let plot = draw();
    const redraw = () => {
      plot.destroy();
      plot = draw();
    };
    const observer = new ResizeObserver(([entry]) => plot.setSize({ width: entry!.contentRect.width, height }));
    observer.observe(host.current!);
    window.addEventListener(themeChanged, redraw);
    return () => {
      observer.disconnect();
      window.removeEventListener(themeChanged, redraw);
      plot.destroy();
    };
  }, [times.length, times.at(-1), isDrawn]);
  if (!isDrawn) return null;
  const highest = Math.max(...speeds);
  return (
    <div class="stack">
      <h3>{noun} per second</h3>
      <div ref={host} class="chart" role="img" aria-label={`${noun} per second over time, at most ${rate(highest)}`} />
    </div>
  );
}

const none: Speeds = [[], []];

/** Read once the step has ended. */
function useRecorded(id: string, { name, state }: Step): Speeds {
  const [recorded, setRecorded] = useState(none);
  const hasEnded = state !== 'pending' && state !== 'running';
  useEffect(() => {
    if (hasEnded)
      readPartitionTimes(id, name).then(
        (times) => setRecorded(recordedSpeeds(times)),
        () => {},
      );
  }, [id, name, hasEnded]);
  return recorded;
}

/** A place on the axis. */
const elapsed = (seconds: number): string => (seconds < 60 ? `${seconds} s` : duration(seconds));

function optionsOf(host: HTMLElement): uPlot.Options {
  const style = getComputedStyle(host);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line') },
  };
  return {
    width: host.clientWidth,
    height,
    legend: { show: false },
    scales: { x: { time: false }, y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [
      { ...axis, values: (_plot, splits) => splits.map(elapsed) },
      { ...axis, size: 56 },
    ],
    series: [
      {},
      { stroke: colour('--chart-1'), fill: `color-mix(in srgb, ${colour('--chart-1')} 15%, transparent)`, width: 2 },
    ],
  };
}
