import { MillraceError, type Span } from '../errors.ts';
import type { RunStatement } from '../sql/statement.ts';
import type { ForeignStep } from './plan.ts';

export type ImageSettings = Omit<ForeignStep, 'kind' | 'into'>;

/** Attributes that only the project's worker uses. */
const ofTheWorker = ['pods', 'write_mode', 'batch_size', 'commit_rows', 'max_failed_rows'];

/** Plans `TO RUN` with an image that follows SQLFlow's contract: it reads its rows and writes its tables itself. */
export function planForeign(
  statement: RunStatement,
  settings: ImageSettings,
  report: (error: MillraceError) => void,
): ForeignStep {
  checkProgram(statement, report);
  checkLength(statement, settings, report);
  for (const { name, nameSpan } of statement.attributes) {
    if (!ofTheWorker.includes(name)) continue;
    const message = `the attribute '${name}' has no effect on ${statement.image.name}, which writes its tables itself`;
    report(new MillraceError('UNKNOWN_ATTRIBUTE', message, { span: nameSpan, hint: 'remove it' }));
  }
  const into = statement.into.map(({ database, table }) => ({ database, table }));
  return { kind: 'foreign', ...settings, into };
}

/**
 * An image can do with its DSN whatever the account may, so it never gets the DSN of the statements.
 * @param span of the image in the program
 */
export function missingAccount(image: string, span?: Span): MillraceError {
  return new MillraceError('FOREIGN_DATASOURCE_MISSING', `no database account is set up for ${image}`, {
    span,
    hint: 'ask an administrator of the server to set foreignSecret (MILLRACE_FOREIGN_DATASOURCE_SECRET) to the Secret of an account',
  });
}

/** Maximum length as JSON within JSON, as Argo passes it, in a variable of at most 128 KiB; leaves room for the pod's other input. */
const longestQuery = 100_000;

/** With partitions, the rows are selected first, and the images query their shares. */
function checkLength(
  { query }: RunStatement,
  { image, partitions }: ImageSettings,
  report: (error: MillraceError) => void,
): void {
  const length = Buffer.byteLength(JSON.stringify(query.text));
  if (partitions > 1 || length <= longestQuery) return;
  const message = `the query takes ${length} bytes in the environment of ${image}; the maximum is ${longestQuery}`;
  const hint = 'add WITH partitions = 2, or put long lists of values into a table';
  report(new MillraceError('STATEMENT_TOO_LONG', message, { span: query.span, hint }));
}

/** SQLFlow runs a name without extension directly and `x.py` as a module; it rejects anything else only at run time. */
function checkProgram({ image, command: [program] }: RunStatement, report: (error: MillraceError) => void): void {
  if (program === undefined) {
    const hint = 'add CMD "program.py", "--option=value"';
    report(new MillraceError('MISSING_COMMAND', `${image.name} needs a CMD`, { span: image.span, hint }));
  } else if (!/^[^.]+$|\.py$/i.test(program.value.split('/').at(-1) ?? '')) {
    const message = `'${program.value}' is neither a program nor a Python file`;
    const hint = 'write a name without extension, or one that ends in .py';
    report(new MillraceError('UNKNOWN_PROGRAM', message, { span: program.span, hint }));
  }
}
