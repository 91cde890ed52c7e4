import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { drawSearch, type PicturedTrial, type SearchPicture } from '../../src/plot/search-picture.ts';

const trial = (at: number, became: PicturedTrial['became'], curve: readonly (number | null)[]): PicturedTrial => ({
  ...{ name: `trial ${at}`, became, curve, value: curve.at(-1) ?? null },
  parameters: { rate: 10 ** (-1 - at / 3), units: at % 2 === 0 ? [16] : [8, 8], seed: 1 },
});

const search: SearchPicture = {
  title: 'Search of clicks@2',
  notes: ['asha, 9 trials', 'chosen: trial 3'],
  ...{ metric: 'valid_loss', x: 'epoch', logarithmic: ['rate'] },
  trials: [
    ...[0, 1, 2].map((at) => trial(at, 'stopped', [0.9 + at / 10])),
    trial(3, 'chosen', [0.8, 0.5, 0.3]),
    trial(4, 'complete', [0.7, 0.6, 0.5]),
    ...[5, 6, 7].map((at) => trial(at, 'stopped', [0.9, 0.8 + at / 100])),
    trial(8, 'stopped', [null]),
  ],
};

describe('the picture of a search', () => {
  it('has the curve of each trial, stopped ones pale and the chosen one strong and named', async () => {
    const svg = drawSearch(search);
    const lines = (ink: string) => svg.match(new RegExp(`<path stroke="${ink}"[^>]*d="M[^"]*L`, 'g')) ?? [];
    expect(lines('#a9b1bc')).toHaveLength(3);
    expect(lines('#0072b2')).toHaveLength(1);
    expect(lines('#d55e00')).toHaveLength(1);
    for (const text of ['stopped', 'trained to the end', 'chosen', 'trial 3', 'epoch', 'valid_loss', 'chosen: trial 3'])
      expect(svg).toContain(`>${text}</text>`);
    const { format, width, height } = await sharp(Buffer.from(svg)).metadata();
    expect({ format, width, height }).toEqual({ format: 'svg', width: 960, height: 886 });
  });

  it('shows the metric by each parameter that varies, by powers of ten where its domain is logarithmic', () => {
    const svg = drawSearch(search);
    const names = [...svg.matchAll(/font-size="14" text-anchor="middle">([^<]*)</g)].map(([, name]) => name);
    expect(names).toEqual(['epoch', 'rate', 'units']);
    for (const text of ['0.001', '0.01', '0.1', '[16]', '[8,8]']) expect(svg).toContain(`>${text}</text>`);
    expect(drawSearch({ ...search, logarithmic: [] })).not.toContain('>0.001</text>');
  });

  it('shows trials that have one value each in their order', () => {
    const trials = search.trials.map((each) => ({ ...each, curve: each.curve.slice(-1) }));
    const svg = drawSearch({ ...search, x: 'trial', trials });
    expect(svg).not.toContain('L');
    expect(svg).toContain('>trial</text>');
  });

  it('has a logarithmic metric where a few trials are a hundred times worse', () => {
    const wild = { ...search, trials: [...search.trials, trial(9, 'stopped', [4000])] };
    expect(drawSearch(wild)).toContain('>10000</text>');
  });

  it('can be drawn of no trials, and of one', () => {
    expect(drawSearch({ ...search, trials: [] })).toContain('</svg>');
    expect(drawSearch({ ...search, trials: search.trials.slice(3, 4) })).toContain('</svg>');
  });
});
