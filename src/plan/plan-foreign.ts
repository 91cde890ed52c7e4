import { MillraceError } from '../errors.ts';
import type { RunStatement } from '../sql/statement.ts';
import type { ForeignStep } from './plan.ts';

export type ImageSettings = Omit<ForeignStep, 'kind' | 'into'>;

/** Attributes that only the project's worker knows what to do with. */
const ofTheWorker = ['write_mode', 'batch_size', 'max_failed_rows'];

/** `TO RUN` with an image that keeps SQLFlow's contract: what it does with its rows and tables is its own affair. */
export function planForeign(
  statement: RunStatement,
  settings: ImageSettings,
  report: (error: MillraceError) => void,
): ForeignStep {
  checkProgram(statement, report);
  for (const { name, nameSpan } of statement.attributes) {
    if (!ofTheWorker.includes(name)) continue;
    const message = `'${name}' means nothing to ${statement.image.name}, which writes its tables itself`;
    report(new MillraceError('UNKNOWN_ATTRIBUTE', message, { span: nameSpan, hint: 'leave it out' }));
  }
  const into = statement.into.map(({ database, table }) => ({ database, table }));
  return { kind: 'foreign', ...settings, into };
}

/** SQLFlow starts a name without extension as it is and `x.py` as a module; anything else it refuses only when it runs. */
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
