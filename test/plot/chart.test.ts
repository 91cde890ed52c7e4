import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { drawChart } from '../../src/plot/chart.ts';
import { placeLabels } from '../../src/plot/place-labels.ts';
import { linearScale, logarithmicScale, namedScale } from '../../src/plot/scale.ts';

describe('a scale', () => {
  it.each([
    [
      [0.75, 0.98],
      ['0.75', '0.80', '0.85', '0.90', '0.95', '1.00'],
    ],
    [
      [1, 48],
      ['0', '10', '20', '30', '40', '50'],
    ],
    [
      [0, 0.9],
      ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0'],
    ],
    [
      [5, 5],
      ['4.4', '4.6', '4.8', '5.0', '5.2', '5.4', '5.6'],
    ],
    [[], ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']],
  ])('of %j has the ticks %j', (values, texts) => {
    expect(linearScale(values, 0, 100).texts).toEqual(texts);
  });

  it('of what is counted has whole ticks', () => {
    expect(linearScale([1, 3], 0, 100, 8, true).texts).toEqual(['1', '2', '3']);
    expect(linearScale([1, 21], 0, 100, 8, true).texts).toEqual(['0', '5', '10', '15', '20', '25']);
  });

  it('of powers of ten gives each the same length', () => {
    const { texts, ticks, at } = logarithmicScale([0.3, 200], 0, 400);
    expect(texts).toEqual(['0.1', '1', '10', '100', '1000']);
    expect(ticks.map(at)).toEqual([0, 100, 200, 300, 400]);
  });

  it('of names has each in the middle of its column', () => {
    const { texts, ticks, at } = namedScale(['a', 'b'], 0, 100);
    expect(texts).toEqual(['a', 'b']);
    expect(ticks.map(at)).toEqual([25, 75]);
  });

  it('begins and ends with a tick', () => {
    const { ticks, at } = linearScale([3, 97], 10, 110);
    expect([at(ticks[0]!), at(ticks.at(-1)!)]).toEqual([10, 110]);
  });
});

describe('labels', () => {
  const frame = { x: 0, y: 0, width: 400, height: 300 };
  const text = { height: 14, radius: 4, textWidth: (written: string) => written.length * 7 };
  const crowd = Array.from({ length: 60 }, (_, at) => ({ x: 20 + ((at * 61) % 360), y: 20 + ((at * 37) % 260) }));
  const placed = placeLabels(
    crowd.map((point, at) => ({ ...point, text: `model_${at}` })),
    crowd,
    frame,
    text,
  );
  const isApart = (at: number, other: number) => {
    const [one, two] = [placed[at]!.area, placed[other]!.area];
    return (
      one.x + one.width <= two.x ||
      two.x + two.width <= one.x ||
      one.y + one.height <= two.y ||
      two.y + two.height <= one.y
    );
  };

  it('do not overlap', () => {
    const pairs = placed.flatMap((_, at) => placed.slice(0, at).map((__, other) => isApart(at, other)));
    expect(placed.length).toBeGreaterThan(10);
    expect(pairs.every(Boolean)).toBe(true);
  });

  it('stay inside the frame', () => {
    expect(placed.every(({ area }) => area.x >= 0 && area.y >= 0 && area.x + area.width <= 400)).toBe(true);
  });
});

describe('a chart', () => {
  const chart = {
    title: 'Models <a & b>',
    x: 'ms per image',
    y: 'accuracy',
    series: [
      {
        name: 'yolov5s',
        kind: 'points',
        points: [
          { x: 1, y: 0.5, label: 'small\u0000 "one"' },
          { x: 2, y: 0.7 },
        ],
      },
      {
        name: 'front',
        kind: 'steps',
        points: [
          { x: 1, y: 0.5 },
          { x: 2, y: 0.7 },
        ],
      },
    ],
  } as const;

  it('is an SVG that renders', async () => {
    const { width, height } = await sharp(Buffer.from(drawChart(chart)))
      .png()
      .toBuffer()
      .then((png) => sharp(png).metadata());
    expect([width, height]).toEqual([960, 600]);
  });

  it('gives several lines colours of their own', () => {
    const line = chart.series[1];
    expect(drawChart(chart)).toContain('<path class="front" fill="none"');
    const both = drawChart({ ...chart, isLogarithmic: true, names: ['one', 'two'], series: [line, line] });
    expect(both).not.toContain('<path class="front"');
    expect(both).toContain('>two</text>');
  });

  it('escapes names', () => {
    expect(drawChart(chart)).toContain('Models &lt;a &amp; b&gt;');
    expect(drawChart(chart)).toContain('small &quot;one&quot;');
  });

  it('has both modes of a browser', () => {
    expect(drawChart(chart)).toContain('prefers-color-scheme: dark');
  });

  it('without points is empty, not broken', () => {
    expect(drawChart({ ...chart, series: [] })).not.toContain('NaN');
  });
});
