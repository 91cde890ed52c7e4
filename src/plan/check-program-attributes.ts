import { MillraceError } from '../errors.ts';
import type { ProgramContract } from '../programs/contract.ts';
import type { RunStatement } from '../sql/statement.ts';
import type { RunAttributes } from './attributes.ts';

/** Rejects attributes that have no effect on the program, and partitions if it needs all rows at once. */
export function checkProgramAttributes(
  { attributes }: Pick<RunStatement, 'attributes'>,
  program: ProgramContract,
  { partitions }: Pick<RunAttributes, 'partitions'>,
  report: (error: MillraceError) => void,
): void {
  for (const { name, nameSpan: span } of attributes) {
    if (!program.unusedAttributes.includes(name)) continue;
    const message = `the attribute '${name}' has no effect on ${program.name}`;
    report(new MillraceError('UNKNOWN_ATTRIBUTE', message, { span, hint: 'remove it' }));
  }
  const split = attributes.find(({ name }) => name === 'partitions');
  if (program.rows === 'split' || split === undefined || partitions === 1) return;
  const message = `${program.name} needs all rows at once; they cannot be split into partitions`;
  report(new MillraceError('WRONG_ATTRIBUTE', message, { span: split.value.span, hint: 'remove partitions' }));
}
