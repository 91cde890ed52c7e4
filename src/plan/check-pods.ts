import type { Catalog } from '../catalog/catalog.ts';
import { MillraceError } from '../errors.ts';
import type { Program } from '../sql/statement.ts';
import { type ByStepKind, byStepKind, type Step } from './plan.ts';

interface Pods {
  readonly count: number;
  /** The attribute that says how many there are. */
  readonly attribute: string;
  readonly hint: string;
}

/** Workers share the partitions, so only the pods that run at once count; another image has a pod for each partition. */
const podsOf: ByStepKind<Pods | null> = {
  sql: () => null,
  run: ({ parallelism }) => ({
    count: parallelism,
    attribute: 'parallelism',
    hint: 'a pod processes any number of partitions',
  }),
  foreign: ({ partitions }) => ({
    count: partitions,
    attribute: 'partitions',
    hint: 'a partition can have any number of rows',
  }),
  model: () => null,
  train: ({ training: { search } }) =>
    search && { count: search.workers, attribute: 'exec.workers', hint: 'a trainer trains any number of models' },
};

/** All pods of a program are kept in one workflow. */
export function checkPods(
  { statements }: Program,
  steps: readonly (Step | null)[],
  { mostPods }: Catalog,
  report: (error: MillraceError) => void,
): void {
  let all = 0;
  for (const [index, step] of steps.entries()) {
    const pods = step === null ? null : byStepKind(podsOf, step);
    if (step === null || pods === null) continue;
    const before = all;
    all += pods.count;
    if (all <= mostPods) continue;
    const statement = statements[index];
    const given =
      statement !== undefined && 'attributes' in statement
        ? statement.attributes.find(({ name }) => name === pods.attribute)
        : undefined;
    const others = before === 0 ? '' : `, with the ${before} of earlier statements,`;
    const message = `${pods.count} pods${others} are more than one workflow can hold`;
    const hint = `use at most ${mostPods} in total, by ${pods.attribute}; ${pods.hint}`;
    report(new MillraceError('TOO_MANY_PODS', message, { span: given?.value.span ?? step.span, hint }));
    return;
  }
}
