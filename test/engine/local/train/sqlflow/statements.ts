import { existsSync, readFileSync } from 'node:fs';
import { MillraceError } from '../../../../../src/errors.ts';
import { parseProgram } from '../../../../../src/sql/parse.ts';
import type {
  EvaluateStatement,
  ExplainStatement,
  PredictStatement,
  TrainStatement,
} from '../../../../../src/sql/statement.ts';

const file = new URL('../../../../../../shared/data/sqlflow_statements.jsonl', import.meta.url);

/** Whether SQLFlow's statements are on this machine. If not, their tests say so once. */
export const hasStatements = existsSync(file);
if (!hasStatements) console.warn("SQLFlow's statements of TO TRAIN are skipped: ../shared/data is not here");

interface Place {
  /** Word for word, without the semicolon. */
  readonly text: string;
  /** File of SQLFlow's repository, and the line of the first program that has the statement. */
  readonly source: string;
  readonly file: string;
  readonly line: number;
}

export interface Training extends Place {
  readonly statement: TrainStatement;
}

/** A statement that applies a model. */
export interface Application extends Place {
  readonly statement: PredictStatement | EvaluateStatement | ExplainStatement;
}

/** The distinct statements of SQLFlow's tests and documents, in order. test/sql/sqlflow-corpus.test.ts lists those that only its parser accepts. */
export function readStatements(): {
  readonly trainings: readonly Training[];
  readonly applications: readonly Application[];
} {
  const trainings = new Map<string, Training>();
  const applications = new Map<string, Application>();
  for (const { sql, source } of programs()) {
    const [name = '', line = ''] = source.split(':');
    for (const statement of parsed(sql)) {
      const text = sql.slice(statement.span.start, statement.span.end);
      const place = { text, source, file: name, line: Number(line) };
      if (statement.kind === 'train' && !trainings.has(text)) trainings.set(text, { ...place, statement });
      const { kind } = statement;
      if ((kind === 'predict' || kind === 'evaluate' || kind === 'explain') && !applications.has(text))
        applications.set(text, { ...place, statement });
    }
  }
  return { trainings: [...trainings.values()], applications: [...applications.values()] };
}

function programs(): readonly { readonly sql: string; readonly source: string }[] {
  const all = readFileSync(file, 'utf8').trim().split('\n');
  return all.map((line) => JSON.parse(line)).filter(({ expect }) => expect === 'ok');
}

function parsed(sql: string) {
  try {
    return parseProgram(sql).statements;
  } catch (error) {
    if (error instanceof MillraceError) return [];
    throw error;
  }
}

/** The name of the model that a statement needs; null: none. */
function neededModel({ statement }: Training | Application): string | null {
  if (statement.kind === 'explain' || statement.kind === 'evaluate') return statement.model.text;
  return statement.using?.text ?? null;
}

/**
 * The training of the model that a statement needs: the one just before it in SQLFlow's file, or, if that cannot be planned, one of that
 * name in another file that reads the same database. Null: none of them is that.
 * @param planned those that can be planned
 */
export function trainingOf(
  each: Training | Application,
  trainings: readonly Training[],
  planned: ReadonlySet<unknown>,
): Training | null {
  const name = neededModel(each)?.toLowerCase();
  const named = trainings.filter(({ statement }) => statement.into.text.toLowerCase() === name);
  const alike = named.filter((training) => training !== each && databaseOf(training) === databaseOf(each));
  const here = alike.filter(({ file }) => file === each.file);
  const before = here.filter(({ line }) => line <= each.line).toSorted((one, other) => other.line - one.line);
  const nearest = before[0] ?? here[0];
  if (nearest !== undefined && planned.has(nearest)) return nearest;
  return alike.find((training) => training.file !== each.file && planned.has(training)) ?? null;
}

const databaseOf = ({ text }: Place) => /\bfrom\s+(\w+)\./i.exec(text.replaceAll(/--.*/g, ''))?.[1] ?? '';
