import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { images } from '../../src/catalog/images.ts';
import { planProgram } from '../../src/plan/plan-program.ts';
import { parseProgram } from '../../src/sql/parse.ts';

const golden: Catalog = {
  ...JSON.parse(readFileSync(new URL('../golden/catalog.json', import.meta.url), 'utf8')),
  images,
};

const plan = (image: string, program: string) => {
  const sql = `SELECT file_name FROM demo.images TO RUN ${image}
    CMD "${program}", "--model=yolov5s", "--labels=demo.ground_truth", "--image_dir=/datasets" INTO demo.found`;
  return planProgram(parseProgram(sql), golden);
};

describe('a program that has a verb', () => {
  it.each(['evaluate', 'evaluate-classifier'])('is not one for CMD: %s', (program) => {
    expect(() => plan('millrace/worker', program)).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_PROGRAM',
        message: `unknown program '${program}' for millrace/worker`,
        hint: expect.stringContaining('TO EVALUATE'),
      }),
    );
  });

  it('may have the name of one in another image', () => {
    expect(plan('registry.example/judge', 'evaluate').steps).toHaveLength(1);
  });
});
