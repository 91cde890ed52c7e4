import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Step } from '../api/statements.ts';
import { themeChanged } from '../app/theme.ts';
import { rate } from '../design/figures.ts';
import { speedOf } from './speed.ts';
import type { Sample } from './use-statement.ts';

interface Props {
  readonly step: Step;
  readonly samples: readonly Sample[];
}

const height = 180;

/** Images per second over time, as far as this page has followed the step. */
export function SpeedChart({ step, samples }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const [times, speeds] = speedOf(samples.filter((sample) => sample.step === step.name));
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
      <h3>Rows per second</h3>
      <div ref={host} class="chart" role="img" aria-label={`Rows per second over time, at most ${rate(highest)}`} />
    </div>
  );
}

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
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [axis, { ...axis, size: 56 }],
    series: [
      {},
      { stroke: colour('--chart-1'), fill: `color-mix(in srgb, ${colour('--chart-1')} 15%, transparent)`, width: 2 },
    ],
  };
}
