import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { images } from '../../../src/catalog/images.ts';
import { MillraceError } from '../../../src/errors.ts';
import { planProgram } from '../../../src/plan/plan-program.ts';
import { parseProgram } from '../../../src/sql/parse.ts';
import type { ExplainStatement } from '../../../src/sql/statement.ts';

const file = new URL('../../../../shared/data/sqlflow_statements.jsonl', import.meta.url);
const isHere = existsSync(file);
if (!isHere) console.warn("SQLFlow's statements of TO EXPLAIN are skipped: ../shared/data is not here");

const golden = new URL('sqlflow-explain-not-planned.txt', import.meta.url);
const known = JSON.parse(readFileSync(new URL('../../golden/catalog.json', import.meta.url), 'utf8'));

/** Every model exists, as its name says: nothing is known about tables, so every column may exist. */
function catalogWith(model: string): Catalog {
  const like = /dnn/i.test(model) ? 'sqlflow_models.my_model' : 'sqlflow_models.my_xgb_model';
  const one = known.models.find((each: { name: string }) => each.name === like);
  return { ...known, database: 'iris', images, queries: {}, models: [{ ...one, name: model }], knownNames: [model] };
}

/** Each TO EXPLAIN of SQLFlow's tests and documents, once, with the place of the first. */
function statements() {
  const found = new Map<string, { readonly source: string; readonly model: string }>();
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const { sql, expect, source } = JSON.parse(line);
    if (expect !== 'ok') continue;
    for (const { text, model } of explanationsIn(sql)) if (!found.has(text)) found.set(text, { source, model });
  }
  return found;
}

function explanationsIn(sql: string): readonly { readonly text: string; readonly model: string }[] {
  try {
    const { statements } = parseProgram(sql);
    const found = statements.filter((statement): statement is ExplainStatement => statement.kind === 'explain');
    return found.map(({ span, model }) => ({ text: sql.slice(span.start, span.end), model: model.text }));
  } catch (error) {
    // Texts that only SQLFlow's own parser accepts: test/sql/sqlflow-corpus.test.ts lists them.
    if (error instanceof MillraceError) return [];
    throw error;
  }
}

test.skipIf(!isHere)(
  "SQLFlow's statements of TO EXPLAIN are planned, with and without INTO, except for those that are listed with the reason",
  () => {
    let planned = 0;
    const others: string[] = [];
    for (const [text, { source, model }] of statements()) {
      try {
        planProgram(parseProgram(text), catalogWith(model));
        planned++;
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error;
        for (const { code, message } of [error, ...error.related]) others.push(`${source}  ${code}: ${message}`);
      }
    }
    const found = `${others.sort().join('\n')}\n`;
    if (process.env.UPDATE_GOLDEN) writeFileSync(golden, found);
    expect(found).toBe(readFileSync(golden, 'utf8'));
    expect(planned).toBeGreaterThan(10);
  },
);
