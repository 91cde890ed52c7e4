import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { drawSummary, type SummaryPicture } from '../../src/plot/summary-picture.ts';

const points = (count: number) =>
  Array.from({ length: count }, (_, at) => [Math.sin(at), at % 7 === 0 ? null : at / count] as const);
const dots: SummaryPicture = {
  title: 'Influence',
  note: 'a point for each of 70 rows',
  features: Array.from({ length: 3 }, (_, at) => ({
    name: `f${at} <b>`,
    mean: 1 / (at + 1),
    byClass: {},
    points: points(70),
  })),
};

describe('the picture of an explanation', () => {
  it('has a point for each value, by the height of the row, within its row of the picture', async () => {
    const svg = drawSummary(dots);
    const circles = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="2.5" fill="([^"]+)"/g)];
    expect(circles).toHaveLength(3 * 70);
    expect(circles.filter(([, , , fill]) => fill === '#9aa3af')).toHaveLength(3 * 10);
    for (const [at, [, , cy]] of circles.entries())
      expect(Math.abs(Number(cy) - (129 + 34 * Math.floor(at / 70)))).toBeLessThanOrEqual(15);
    expect(svg).toContain('>f0 &lt;b&gt;</text>');
    expect(await sharp(Buffer.from(svg)).metadata()).toMatchObject({ format: 'svg', width: 960 });
  });

  it('keeps a swarm within its row, however many values are the same', () => {
    const same = Array.from({ length: 500 }, () => [0, 1] as const);
    const svg = drawSummary({ ...dots, features: [{ name: 'a', mean: 0, byClass: {}, points: same }] });
    const heights = [...svg.matchAll(/cy="([\d.]+)"/g)].map(([, cy]) => Number(cy));
    expect([Math.min(...heights), Math.max(...heights)]).toEqual([115, expect.closeTo(143, 0)]);
  });

  it('has bars where there are no points, with a part for each class', () => {
    const features = dots.features.map((feature) => ({
      ...feature,
      points: [],
      byClass: { cat: 1.5 * feature.mean, dog: 0.5 * feature.mean },
    }));
    const widths = [...drawSummary({ ...dots, features }).matchAll(/width="([\d.]+)" height="20" fill="(#[^"]+)"/g)];
    expect(widths).toHaveLength(6);
    expect(Number(widths[0]![1]) / Number(widths[1]![1])).toBeCloseTo(3, 1);
    const plain = drawSummary({ ...dots, features: features.map((feature) => ({ ...feature, byClass: {} })) });
    expect(plain.match(/height="20"/g)).toHaveLength(3);
  });

  it('shows twenty features and tells how many it leaves out; many classes are one colour in the end', () => {
    const byClass = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`class ${at}`, at]));
    const features = Array.from({ length: 25 }, (_, at) => ({ name: `f${at}`, mean: 25 - at, byClass, points: [] }));
    const svg = drawSummary({ ...dots, features });
    expect(svg).toContain('5 less important features are not shown');
    expect(svg).not.toContain('>f20</text>');
    expect(svg).toContain('>other classes</text>');
    expect(drawSummary({ ...dots, features: [] })).toContain('</svg>');
  });
});
