import { MillraceError } from '../../errors.ts';

/** A simulated model of a list in the format of the thesis's Appendix B. */
export interface ListedVariation {
  readonly name: string;
  /** Name of the model that it varies. */
  readonly base: string;
  /** ms of an image. */
  readonly latency: number;
  readonly accuracy: number;
  /** Ids of the classes that it knows, without repetitions. */
  readonly classCoverage: readonly number[];
}

const header = 'id,model,latency_s,accuracy,classes,classes_unique';

/** Problems that are told of a file; more are only counted. */
const problemsTold = 20;

/**
 * Reads a list of simulated models: a line each, classes separated by spaces. `latency_s` is in milliseconds, whatever its name says: the
 * thesis's costs are those numbers. A model is called by its base and its id, such as `yolov3_15`.
 * @throws {MillraceError} MODEL_LIST_INVALID with every wrong line
 */
export function readModelList(text: string): readonly ListedVariation[] {
  const [first = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (first.trim() !== header) throw invalid([`line 1: '${first.slice(0, 80)}' is not the header ${header}`]);
  const problems: string[] = [];
  const seen = new Set<string>();
  const read = lines.flatMap((line, at) => {
    if (line.trim() === '') return [];
    const found = readLine(line);
    const problem = typeof found === 'string' ? found : seen.has(found.name) ? `${found.name} is given twice` : null;
    if (problem !== null) problems.push(`line ${at + 2}: ${problem}`);
    if (typeof found === 'string') return [];
    seen.add(found.name);
    return [found];
  });
  if (problems.length > 0) throw invalid(problems);
  return read;
}

function invalid(problems: readonly string[]): MillraceError {
  const more = problems.length > problemsTold ? [`and ${problems.length - problemsTold} more`] : [];
  return new MillraceError('MODEL_LIST_INVALID', [...problems.slice(0, problemsTold), ...more].join('\n'));
}

/** @returns what is wrong with it */
function readLine(line: string): ListedVariation | string {
  const fields = line.split(',').map((field) => field.trim());
  const [id = '', base = '', latency = '', accuracy = '', classes = '', unique = ''] = fields;
  if (fields.length !== 6) return `${fields.length} fields instead of 6`;
  if (!/^\d{1,9}$/.test(id)) return `the id '${id}' is not a whole number`;
  if (!/^[\w.-]{1,100}$/.test(base)) return `'${base}' is not the name of a model`;
  const [ms, share] = [numberOf(latency), numberOf(accuracy)];
  if (!(ms >= 0 && ms <= 600_000)) return `the latency '${latency}' is not a number of ms from 0 to 600000`;
  if (!(share >= 0 && share <= 1)) return `the accuracy '${accuracy}' is not a number from 0 to 1`;
  const [ids, distinct] = [idsOf(classes), idsOf(unique)];
  if (ids === null || ids.length === 0) return `the classes '${classes}' are not ids separated by spaces`;
  if (distinct === null) return `the unique classes '${unique}' are not ids separated by spaces`;
  const classCoverage = [...new Set(ids)];
  if (distinct.length !== classCoverage.length || !classCoverage.every((each) => distinct.includes(each)))
    return 'classes and classes_unique differ';
  return { name: `${base}_${Number(id)}`, base, latency: ms, accuracy: share, classCoverage };
}

function numberOf(written: string): number {
  return written === '' ? Number.NaN : Number(written);
}

/** null: not all are ids. */
function idsOf(written: string): readonly number[] | null {
  const ids = written.split(' ').filter((id) => id !== '');
  return ids.every((id) => /^\d{1,5}$/.test(id)) ? ids.map(Number) : null;
}
