import type { ForeignStep } from '../plan/plan.ts';
import { missingAccount } from '../plan/plan-foreign.ts';
import { type SharesTask, type TableTarget, taskVersion } from '../task.ts';
import { withClaims } from './claims.ts';
import { braceVariable, datasourceVariable, type EnvironmentVariable, literal } from './environment.ts';
import { foreignProgram } from './foreign-program.ts';
import { shareQuery } from './foreign-share.ts';
import { renderPartitionedStep } from './partitioned-step.ts';
import { imageReference, placement, podDeadline, podLabels, withRetries } from './pods.ts';
import { profileOf, withProfile } from './profile.ts';
import { resourceRequirements } from './resources.ts';
import { renderWorker } from './run-step.ts';
import { nodeName } from './titles.ts';
import type { Deployment, Rendering, SecretKey, Template } from './workflow.ts';

/** With one partition, a single pod gets the whole query, as in SQLFlow; otherwise `prepare`, a pod per share of the rows, and `finish`. */
export function renderForeignStep(step: ForeignStep, rendering: Rendering): Template[] {
  if (step.partitions === 1) return [renderProgram(step, literal(step.select), rendering)];
  const { name, select, partitions, partitionBy } = step;
  const { statement } = rendering;
  const task: SharesTask = {
    kind: 'shares',
    version: taskVersion,
    statement,
    step: name,
    select,
    partitions,
    partitionBy,
  };
  const pod = { step, image: rendering.deployment.workerImage, task: { ...task, select: null } };
  return [
    renderPartitionedStep(step, rendering.templates.foreignStep),
    renderWorker('prepare', rendering.texts ? { ...pod, task } : pod, rendering),
    renderShare(step, rendering),
    renderWorker('finish', pod, rendering),
  ];
}

function renderShare(step: ForeignStep, rendering: Rendering): Template {
  const program = renderProgram(step, shareQuery(step, rendering), rendering);
  const { labels } = podLabels(step.name, 'partition-{{inputs.parameters.partition}}', rendering);
  return {
    ...program,
    name: `${step.name}-partition`,
    metadata: { labels: { ...program.metadata?.labels, ...labels } },
    ...nodeName(step, 'rows', '{{inputs.parameters.partition}}'),
    inputs: { parameters: [{ name: 'partition' }] },
  };
}

function renderProgram(step: ForeignStep, select: string, rendering: Rendering): Template {
  const { deployment, templates } = rendering;
  const profile = profileOf(step, deployment);
  const { container, ...template } = withClaims(withRetries(templates.foreignImage, step.retries), step.volumes);
  const rendered = {
    name: step.name,
    metadata: podLabels(step.name, 'statement', rendering),
    ...nodeName(step, 'step'),
    ...template,
    ...podDeadline(step),
    ...placement(step, profile, deployment),
    container: {
      image: imageReference(step.image, deployment),
      ...container,
      command: foreignProgram(step.command).map(literal),
      resources: resourceRequirements(step.resources, profile, container.resources),
      env: foreignEnvironment(step, select, rendering),
    },
  };
  return withProfile(rendered, profile, deployment);
}

function foreignEnvironment(step: ForeignStep, select: string, { deployment }: Rendering): EnvironmentVariable[] {
  return [
    braceVariable,
    { name: 'HOME', value: '/tmp' },
    { name: 'SQLFLOW_TO_RUN_SELECT', value: select },
    { name: 'SQLFLOW_TO_RUN_INTO', value: literal(step.into.map(tableName).join(',')) },
    { name: 'SQLFLOW_TO_RUN_IMAGE', value: literal(step.image) },
    datasourceVariable('SQLFLOW_DATASOURCE', foreignDatasource(step, deployment)),
  ];
}

/** An image can use all rights of its DSN's account, so it does not get the users' account if another is configured. */
function foreignDatasource({ image }: ForeignStep, { foreignDatasource }: Deployment): SecretKey {
  if (foreignDatasource !== null) return foreignDatasource;
  // Planning refuses it; this plan was stored when there was one.
  throw missingAccount(image);
}

function tableName({ database, table }: TableTarget): string {
  return database === null ? table : `${database}.${table}`;
}
