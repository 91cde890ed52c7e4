import { MillraceError } from '../src/errors.ts';
import { parseProgram } from '../src/sql/parse.ts';
import { type Figure, median, quantile, type Table } from './figure.ts';

/** Example 3.2 of the thesis on which Millrace is based. */
export const example =
  'SELECT * FROM coco_val.images ORDER BY image_id TO RUN hebafer/yolov5-sqlflow:latest CMD "run_yolov5.py", ' +
  '"--dataset=coco_val", "--model=yolov5s", "--image_dir=/datasets/coco/val/val2017" INTO result_table;';

const query = 'SELECT 1 TO RUN i WITH v = ';

/** Texts of any length. Parsing each, to a program or an error, must take time linear in its length. */
const growing: Readonly<Record<string, (length: number) => string>> = {
  'plain text': (length) => 'SELECT a, b FROM t WHERE c = 1 AND d '.repeat(length / 37),
  'one insert of numbers': (length) => `INSERT INTO t VALUES ${'(1, 2.5, NULL),'.repeat(length / 15)}(1)`,
  'one string': (length) => `SELECT '${'x'.repeat(length)}'`,
  'one string of escapes': (length) => `SELECT '${"\\n''".repeat(length / 4)}'`,
  'an unclosed string': (length) => `SELECT '${"a''\\'".repeat(length / 5)}`,
  'unclosed strings of clauses': (length) => `${query}'${'"a` '.repeat(length / 4)}`,
  'an unclosed comment': (length) => `SELECT 1 /*${' * / '.repeat(length / 5)}`,
  'an unclosed quoted name': (length) => `${query}\`${'a``'.repeat(length / 3)}`,
  'opening brackets': (length) => `SELECT ${'('.repeat(length)}`,
  'brackets of a query': (length) => `SELECT ${'('.repeat(900)}1${')'.repeat(900)}, `.repeat(length / 1800),
  'opening brackets of a value': (length) => query + '['.repeat(length),
  semicolons: (length) => ';'.repeat(length),
  'statements without blanks': (length) => 'a;'.repeat(length / 2),
  'extended statements': (length) => 'SELECT 1 TO RUN i CMD "a", "b" WITH v = 1 INTO t;\n'.repeat(length / 50),
  'wrong statements': (length) => 'SELECT 1 TO RUN i CMD "a" "b";\n'.repeat(length / 31),
  'one long list': (length) => `${query}[${'1,'.repeat(length / 2)}1]`,
  'one long sum': (length) => `${query}${'1+'.repeat(length / 2)}1`,
  'signs before a number': (length) => `${query}${'+'.repeat(length)}1`,
  'dashes and slashes': (length) => `SELECT ${'-/'.repeat(length / 2)}`,
  'TO and TO': (length) => 'SELECT 1 TO '.repeat(length / 12),
  'any characters': (length) => '\u0000\ud800“{~\\'.repeat(length / 6),
};

const parse = (text: string) => {
  try {
    return parseProgram(text).statements.length;
  } catch (error) {
    if (error instanceof MillraceError) return 0;
    throw error;
  }
};

function timeOf(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Measures parsing: the example, long programs, and texts of 4 MiB. */
export function benchSql(): Table {
  return { title: 'SQL text -> Statement', figures: [...exampleFigures(), ...programFigures(), ...growthFigures()] };
}

function exampleFigures(): Figure[] {
  for (let round = 0; round < 5000; round++) parse(example);
  const times = Array.from({ length: 20_000 }, () => timeOf(() => parse(example)));
  return [
    { figure: 'Example 3.2, median', value: median(times), unit: 'ms' },
    { figure: 'Example 3.2, p99', value: quantile(times, 0.99), unit: 'ms' },
  ];
}

function programFigures(): Figure[] {
  const program = `${example}\n`.repeat(10_000);
  return [
    { figure: '10,000 statements', value: timeOf(() => parse(program)), unit: 'ms' },
    { figure: 'a million semicolons', value: timeOf(() => parse(';'.repeat(1_000_000))), unit: 'ms' },
  ];
}

const [short, long] = [64 * 1024, 4 * 1024 * 1024];

/** Linear time means that a text 64 times as long takes 64 times as long. Measured as processor time, which other processes do not affect. */
function growthFigures(): Figure[] {
  return Object.entries(growing).map(([name, make]) => {
    const [shortText, longText] = [make(short), make(long)];
    const shortMs = processorTimeOf(() => repeat(20, () => parse(shortText))) / 20;
    const value = processorTimeOf(() => parse(longText));
    const ratio = value / long / (shortMs / short);
    return { figure: `4 MiB: ${name}`, value, unit: 'ms of a core', against: { baseline: 'a byte of 64 KiB', ratio } };
  });
}

function processorTimeOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function repeat(times: number, work: () => unknown): void {
  for (let time = 0; time < times; time++) work();
}
