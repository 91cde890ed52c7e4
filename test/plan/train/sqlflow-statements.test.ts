import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { images } from '../../../src/catalog/images.ts';
import { MillraceError } from '../../../src/errors.ts';
import { planProgram } from '../../../src/plan/plan-program.ts';
import { parseProgram } from '../../../src/sql/parse.ts';
import type { TrainStatement } from '../../../src/sql/statement.ts';

const file = new URL('../../../../shared/data/sqlflow_statements.jsonl', import.meta.url);
const isHere = existsSync(file);
if (!isHere) console.warn("SQLFlow's statements of TO TRAIN are skipped: ../shared/data is not here");

const golden = new URL('sqlflow-not-planned.txt', import.meta.url);
const known = JSON.parse(readFileSync(new URL('../../golden/catalog.json', import.meta.url), 'utf8'));
/** Nothing is known about tables, so every column may exist. */
const catalog: Catalog = { ...known, images, queries: {}, models: [], knownNames: [] };

/** Each TO TRAIN of SQLFlow's tests and documents, once, with the place of the first. */
function statements(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const { sql, expect, source } = JSON.parse(line);
    if (expect !== 'ok') continue;
    for (const { text } of trainsIn(sql)) if (!found.has(text)) found.set(text, source);
  }
  return found;
}

function trainsIn(sql: string): readonly { readonly text: string }[] {
  try {
    const { statements } = parseProgram(sql);
    const trains = statements.filter((statement): statement is TrainStatement => statement.kind === 'train');
    return trains.map(({ span }) => ({ text: sql.slice(span.start, span.end) }));
  } catch (error) {
    // Texts that only SQLFlow's own parser accepts: test/sql/sqlflow-corpus.test.ts lists them.
    if (error instanceof MillraceError) return [];
    throw error;
  }
}

test.skipIf(!isHere)(
  "SQLFlow's statements of TO TRAIN are planned, except for those that are listed with the reason",
  () => {
    let planned = 0;
    const others: string[] = [];
    for (const [text, source] of statements()) {
      try {
        planProgram(parseProgram(text), catalog);
        planned++;
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error;
        for (const { code, message } of [error, ...error.related]) others.push(`${source}  ${code}: ${message}`);
      }
    }
    const found = `${others.sort().join('\n')}\n`;
    if (process.env.UPDATE_GOLDEN) writeFileSync(golden, found);
    expect(found).toBe(readFileSync(golden, 'utf8'));
    expect(planned).toBeGreaterThan(100);
  },
);
