import { nearestName } from '../../nearest-name.ts';
import { type Domain, domainNames } from '../../programs/solve/problem.ts';
import { solve } from '../../programs/solve/solve.ts';
import type { Value } from '../../sql/statement.ts';
import { duration, text, Wrong } from '../attribute-values.ts';
import { runAttributes } from '../attributes.ts';

/** `amount(plants, markets)`: what is solved for, and the columns that tell its values apart. */
export interface Variables {
  /** What expressions call it. */
  readonly name: string;
  readonly keys: readonly string[];
}

/** WITH attributes of TO MAXIMIZE and TO MINIMIZE, besides those of TO RUN. */
export const solveAttributes = {
  variables: {
    expects: "the name of the value to solve for with its columns, e.g. 'amount(product)'",
    read: (value: Value) => readVariables(text(value)?.trim() ?? ''),
    otherwise: null as Variables | null,
  },
  var_type: {
    expects: `one of ${domainNames.join(', ')}`,
    read: readDomain,
    otherwise: 'NonNegativeReals' as Domain,
  },
  time_limit: {
    expects: "seconds, or a duration such as '90s' or '10m'",
    read: duration,
    otherwise: 600,
  },
  gap: {
    expects: 'a number from 0 to 1',
    read: (value: Value) => (value.kind === 'number' && value.value >= 0 && value.value <= 1 ? value.value : undefined),
    otherwise: 0,
  },
};

/** All attributes that these verbs take. */
export const solveAttributeNames: readonly string[] = [
  ...Object.keys(solveAttributes),
  ...Object.keys(runAttributes).filter(
    (name) => name !== 'partitions' && !(solve.unusedAttributes as readonly string[]).includes(name),
  ),
];

/** SQLFlow's only solver, and ours, which solves what both do. */
export const solvers: readonly string[] = ['glpk', 'highs'];

/** Attributes of SQLFlow's other solvers. */
export const attributesElsewhere: Readonly<Record<string, string>> = {
  'data.enable_slice': 'leave it out: one process solves the problem',
  'data.batch_size': 'leave it out: one process solves the problem',
  'worker.num': 'leave it out: one process solves the problem',
  'worker.core': 'write cpu = …',
  'worker.memory': "write memory = '…'",
  'solver.max_iter': "write time_limit = '…'",
};

/** Without brackets, the value has the name of its only column. */
function readVariables(written: string): Variables | undefined {
  const open = written.indexOf('(');
  const name = (open < 0 ? written : written.slice(0, open)).trim();
  const inner = open < 0 ? name : written.slice(open + 1, -1);
  const keys = inner.split(',').map((key) => key.trim());
  const isClosed = open < 0 || written.endsWith(')');
  if (!isClosed || name === '' || keys.includes('') || [name, ...keys].some((part) => /[()`'"]/.test(part)))
    return undefined;
  return { name, keys };
}

function readDomain(value: Value): Domain | Wrong | undefined {
  const written = value.kind === 'expression' ? value.text : text(value);
  if (written === undefined) return undefined;
  const domain = domainNames.find((name) => name.toLowerCase() === written.toLowerCase());
  if (domain !== undefined) return domain;
  const nearest = nearestName(written, domainNames);
  const hint = nearest === undefined ? `use one of ${domainNames.join(', ')}` : `did you mean ${nearest}?`;
  return new Wrong(`the attribute 'var_type' cannot be '${written}'`, hint);
}
