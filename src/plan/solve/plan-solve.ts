import type { Catalog } from '../../catalog/catalog.ts';
import { MillraceError } from '../../errors.ts';
import { nearestName } from '../../nearest-name.ts';
import type { Problem } from '../../programs/solve/problem.ts';
import { solve } from '../../programs/solve/solve.ts';
import type { Attribute, OptimizeStatement, RunStatement } from '../../sql/statement.ts';
import { runAttributes } from '../attributes.ts';
import { checkColumns } from '../check-columns.ts';
import { checkProgramAttributes } from '../check-program-attributes.ts';
import { imageSettings } from '../image-settings.ts';
import type { RunStep } from '../plan.ts';
import { withProfile } from '../profile.ts';
import { readAttributes, unknownAttribute } from '../read-attributes.ts';
import { findTarget } from '../result-target.ts';
import { columnNamed, unknownColumn } from '../selected-columns.ts';
import { attributesElsewhere, solveAttributeNames, solveAttributes, solvers, type Variables } from './attributes.ts';
import { readConstraints, readObjective } from './read-constraints.ts';

type Report = (error: MillraceError) => void;

/** Plans `TO MAXIMIZE` or `TO MINIMIZE` as a step; null after reporting its errors. */
export function planSolve(
  statement: OptimizeStatement,
  run: RunStatement,
  place: Pick<RunStep, 'name' | 'needs'>,
  catalog: Catalog,
  report: Report,
): RunStep | null {
  const written = readAttributes(run.attributes, runAttributes, verbOf(statement), report);
  const attributes = withProfile(written, run.attributes, catalog, report);
  checkProgramAttributes(
    run,
    { ...solve, name: verbOf(statement) },
    { partitions: attributes.partitions === 'auto' ? 1 : attributes.partitions },
    report,
  );
  checkSolver(statement, report);
  const problem = readProblem(statement, catalog, report);
  const image = catalog.images.find(({ name }) => name === run.image.name);
  const into = findTarget(run, catalog, report);
  if (problem === null || into === null) return null;
  checkColumns(run, null, solve.result({ problem }), catalog, report);
  return {
    kind: 'run',
    ...place,
    ...imageSettings(run, attributes, catalog),
    image: image?.runs ?? run.image.text,
    command: [statement.direction, problem.objective.text],
    volumes: [],
    resources: { cpu: attributes.cpu, memory: attributes.memory, gpu: 0 },
    partitions: 1,
    parallelism: 1,
    into,
    writeMode: attributes.write_mode,
    commitRows: null,
    maxFailedRows: 0,
    program: { name: 'solve', settings: { problem } },
    model: null,
  };
}

const verbOf = ({ direction }: OptimizeStatement) => `TO ${direction.toUpperCase()}`;

function checkSolver({ solver }: OptimizeStatement, report: Report): void {
  if (solver === null || solvers.includes(solver.text.toLowerCase())) return;
  const nearest = nearestName(solver.text, solvers);
  const hint = nearest === undefined ? `use ${solvers.join(' or ')}, or leave USING out` : `did you mean ${nearest}?`;
  report(new MillraceError('UNKNOWN_SOLVER', `unknown solver '${solver.text}'`, { span: solver.span, hint }));
}

function readProblem(statement: OptimizeStatement, catalog: Catalog, report: Report): Problem | null {
  const given = statement.attributes.filter(({ name }) => !Object.hasOwn(runAttributes, name));
  const own = given.filter((attribute) => isKnown(attribute, statement, report));
  const {
    variables,
    var_type: domain,
    time_limit: timeLimit,
    gap,
  } = readAttributes(own, solveAttributes, verbOf(statement), report);
  if (variables === null) {
    if (!own.some(({ name }) => name === 'variables')) report(missingVariables(statement));
    return null;
  }
  const facts = catalog.queries[statement.query.text];
  const columns = facts?.kind === 'columns' ? facts.columns : null;
  const keys = keysOf(variables, statement, columns, report);
  const scope = { variable: variables.name, columns, report };
  const objective = readObjective(statement, scope);
  const constraints = readConstraints(statement, scope);
  if (objective === null || keys === null) return null;
  const variable = resultName(variables, columns);
  return { direction: statement.direction, objective, constraints, variable, keys, domain, timeLimit, gap };
}

function isKnown(attribute: Attribute, statement: OptimizeStatement, report: Report): boolean {
  const { name } = attribute;
  if (Object.hasOwn(solveAttributes, name)) return true;
  const instead = Object.hasOwn(attributesElsewhere, name) ? attributesElsewhere[name] : undefined;
  report(unknownAttribute(attribute, solveAttributeNames, verbOf(statement), instead));
  return false;
}

function missingVariables(statement: OptimizeStatement): MillraceError {
  const message = `${verbOf(statement)} needs the attribute 'variables'`;
  return new MillraceError('MISSING_ATTRIBUTE', message, {
    span: statement.objective.span,
    hint: "add WITH variables = 'amount(product)': the name of the value to solve for and its columns",
  });
}

/** The columns of the variables as the query spells them. */
function keysOf(
  { keys }: Variables,
  { attributes }: OptimizeStatement,
  columns: readonly string[] | null,
  report: Report,
): readonly string[] | null {
  const span = attributes.find(({ name }) => name === 'variables')!.value.span;
  const selected = keys.map((key) => (columns === null ? key : columnNamed(key, columns)));
  for (const [index, column] of selected.entries()) {
    if (column === undefined) report(unknownColumn({ text: keys[index]!, span }, columns ?? []));
  }
  if (new Set(selected).size === keys.length)
    return selected.includes(undefined) ? null : (selected as readonly string[]);
  if (!selected.includes(undefined)) report(sameColumn(span));
  return null;
}

const sameColumn = (span: Attribute['span']) =>
  new MillraceError('WRONG_ATTRIBUTE', "the attribute 'variables' names a column twice", {
    span,
    hint: 'name each column once',
  });

/** As in SQLFlow, a value that is called as its only column gets another name in the result. */
function resultName({ name, keys }: Variables, columns: readonly string[] | null): string {
  if (keys.length > 1 || name.toLowerCase() !== keys[0]!.toLowerCase()) return name;
  const names = [
    `${name}_value`,
    ...Array.from({ length: (columns ?? []).length + 1 }, (_, n) => `${name}_value_${n}`),
  ];
  return names.find((each) => columnNamed(each, columns ?? []) === undefined) ?? name;
}
