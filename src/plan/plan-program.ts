import type { Catalog } from '../catalog/catalog.ts';
import { joinErrors, type MillraceError } from '../errors.ts';
import type { Program, RunStatement, SqlStatement, StandardStatement } from '../sql/statement.ts';
import { asRun } from './as-run.ts';
import { catalogAfter, withTrainedModel } from './catalog-after.ts';
import { checkLocalInfile } from './check-local-infile.ts';
import { checkPods } from './check-pods.ts';
import { checkSessions } from './check-sessions.ts';
import { checkSources } from './check-sources.ts';
import { checkTargets } from './check-targets.ts';
import { checkVerbProgram } from './check-verb-program.ts';
import { withCommandAttributes } from './command-attributes.ts';
import { planFind } from './find/plan-find.ts';
import { orderStatements } from './order.ts';
import { type Plan, planVersion, type SqlStep, type Step } from './plan.ts';
import { planModel } from './plan-model.ts';
import { planRun } from './plan-run.ts';
import { planEvaluateTable } from './predict/plan-evaluate-table.ts';
import { planExplain } from './predict/plan-explain.ts';
import { planPredict } from './predict/plan-predict.ts';
import { planSolve } from './solve/plan-solve.ts';
import { stepName } from './step-name.ts';
import { planTrain } from './train/plan-train.ts';

/**
 * Program + Catalog -> Plan. Pure and deterministic.
 * @throws {MillraceError} the first error in the text, with the others as `related`
 */
export function planProgram(written: Program, catalog: Catalog): Plan {
  const errors: MillraceError[] = [];
  const report = (error: MillraceError) => void errors.push(error);
  let seen = catalog;
  const statements = written.statements.map((statement, index) => {
    const run = withCommandAttributes(asRun(statement, seen, index === 0, report), seen);
    if (statement.kind === 'train') seen = withTrainedModel(seen, statement.into.text, stepName(index));
    return run;
  });
  const program: Program = { ...written, statements };
  const order = orderStatements(statements, catalog.views);
  let known = catalog;
  const steps = statements.map((statement, index) => {
    const place = { name: stepName(index), needs: (order[index] ?? []).map(stepName) };
    const asWritten = written.statements[index]!;
    const step = planWritten(asWritten, statement, place, known, report);
    if (step !== null) known = catalogAfter(known, statement, step);
    return step;
  });
  checkPods(program, steps, catalog, report);
  checkTargets(program, catalog, report);
  checkSources(program, catalog, report);
  checkSessions(program, catalog.sharedSession, report);
  checkLocalInfile(program, report);
  if (errors.length > 0) throw joinErrors(errors);
  return { kind: 'plan', version: planVersion, steps: steps.filter((step) => step !== null) };
}

/** @param statement the same, as a TO RUN if its verb runs a program over rows */
function planWritten(
  asWritten: SqlStatement,
  statement: ReturnType<typeof asRun>,
  ...place: [place: Pick<Step, 'name' | 'needs'>, catalog: Catalog, report: (error: MillraceError) => void]
): Step | null {
  if (asWritten.kind === 'run') checkVerbProgram(asWritten, place[1], place[2]);
  if (asWritten.kind === 'find') return planFind(asWritten, statement as RunStatement, ...place);
  if (asWritten.kind === 'optimize') return planSolve(asWritten, statement as RunStatement, ...place);
  if (asWritten.kind === 'explain') return planExplain(asWritten, statement as RunStatement, ...place);
  if (asWritten.kind === 'evaluate' && (statement as RunStatement).command.length === 0)
    return planEvaluateTable(asWritten, statement as RunStatement, ...place);
  if (asWritten.kind === 'predict' && (statement as RunStatement).command.length === 0)
    return planPredict(asWritten, statement as RunStatement, ...place);
  return planStatement(statement, ...place);
}

function planStatement(
  statement: ReturnType<typeof asRun>,
  place: Pick<Step, 'name' | 'needs'>,
  catalog: Catalog,
  report: (error: MillraceError) => void,
): Step | null {
  switch (statement.kind) {
    case 'standard':
      return planStandard(statement, place);
    case 'run':
      return planRun(statement, place, catalog, report);
    case 'train':
      return planTrain(statement, place, catalog, report);
    case 'createModel':
    case 'showModels':
    case 'describeModel':
    case 'showTrain':
    case 'showTrials':
    case 'dropModel':
    case 'setModel':
      return planModel(statement, place, catalog, report);
  }
}

function planStandard({ text: sql, span, facts }: StandardStatement, place: Pick<Step, 'name' | 'needs'>): SqlStep {
  const { effect, session } = facts;
  const { changes, runsOthers } = session;
  return { kind: 'sql', ...place, sql, onlyReads: effect === null, isolated: !changes, runsOthers, span };
}
