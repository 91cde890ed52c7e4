import { MillraceError } from '../errors.ts';
import type { RunStatement } from '../sql/statement.ts';
import type { RunAttributes } from './attributes.ts';
import type { Command } from './command.ts';

/** The command with the attribute `batch_size` as its option `--batch`, which says the same. */
export function withBatchSize(
  command: Command,
  { attributes }: Pick<RunStatement, 'attributes'>,
  { batch_size: batch }: Pick<RunAttributes, 'batch_size'>,
  report: (error: MillraceError) => void,
): Command {
  const attribute = attributes.findLast(({ name }) => name === 'batch_size');
  if (attribute === undefined || batch === 'auto') return command;
  const { contract, options } = command;
  if (!Object.hasOwn(contract.options, 'batch')) {
    const message = `the attribute 'batch_size' has no effect on ${contract.name}`;
    report(new MillraceError('UNKNOWN_ATTRIBUTE', message, { span: attribute.nameSpan, hint: 'remove it' }));
    return command;
  }
  const given = options.batch;
  if (given === undefined) {
    return {
      ...command,
      options: { ...options, batch: { written: 'batch_size', value: String(batch), span: attribute.value.span } },
    };
  }
  if (given.value !== String(batch)) {
    const message = `${given.written} is ${given.value}, but the attribute batch_size is ${batch}`;
    report(new MillraceError('WRONG_OPTION', message, { span: given.span, hint: 'keep one of them' }));
  }
  return command;
}
