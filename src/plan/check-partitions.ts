import type { Catalog } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import type { Program } from '../sql/statement.ts';
import type { Step } from './plan.ts';
import { rowsStep } from './step-facts.ts';

/** All partitions of a program are kept in one workflow. */
export function checkPartitions(
  { statements }: Program,
  steps: readonly (Step | null)[],
  { mostPartitions }: Catalog,
  report: (error: MillraceError) => void,
): void {
  let all = 0;
  for (const [index, step] of steps.entries()) {
    const overRows = step === null ? null : rowsStep(step);
    if (overRows === null) continue;
    const { partitions, span } = overRows;
    const before = all;
    all += partitions;
    if (all <= mostPartitions) continue;
    const statement = statements[index];
    const given =
      statement?.kind === 'run' ? statement.attributes.find(({ name }) => name === 'partitions') : undefined;
    const others = before === 0 ? '' : `, with the ${before} of earlier statements,`;
    const message = `${partitions} partitions${others} are more than one workflow can hold`;
    const hint = `use at most ${mostPartitions} in total; a partition can have any number of rows`;
    report(new MillraceError('TOO_MANY_PARTITIONS', message, { span: given?.value.span ?? span, hint }));
    return;
  }
}
