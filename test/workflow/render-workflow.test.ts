import { describe, expect, test } from 'vitest';
import type { MillraceError } from '../../src/errors.ts';
import { selectionNames } from '../../src/ledger/selection-names.ts';
import type { Task } from '../../src/task.ts';
import { toYaml } from '../../src/workflow/to-yaml.ts';
import type { SecretKey } from '../../src/workflow/workflow.ts';
import { statementLabel, workflowName } from '../../src/workflow/workflow-name.ts';
import {
  deployment,
  foreignStep,
  goldenPlan,
  render,
  runStep,
  submission,
  templateOf,
  templates,
  variableOf,
} from './deployment.ts';
import { fillIn } from './fill-in.ts';

// Texts with which a user could try to reach Argo's variables, Kubernetes' variables or the secret.
const traps = [
  "SELECT '{{workflow.name}}', '{{{x}}}', '{{='",
  "SELECT '$(MILLRACE_DATASOURCE)', '$$(HOME)', '$', '$$', '$(NO_SUCH)'",
  "SELECT '{$(MILLRACE_BRACE)', '$({', '{$', '}}', 'é😀\\u007b', '\\\\', \"\\\"\"",
];

function variables(workflow: ReturnType<typeof render>, template: string, parameters = {}) {
  const container = templateOf(workflow, template).container;
  return fillIn(container?.env ?? [], [...(container?.command ?? [])], parameters);
}

function secretsOf({ container }: ReturnType<typeof templateOf>): readonly string[] {
  return (container?.env ?? []).flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.name ?? []);
}

test("a reader's statement uses the account of readers, if one is configured", () => {
  const sql = {
    ...runStep(),
    kind: 'sql',
    onlyReads: true,
    isolated: true,
    runsOthers: false,
    name: 'step-1',
    sql: 'SELECT 1',
  } as const;
  const of = (readOnly: boolean, readerDatasource = { secret: 'reader', key: 'dsn' } as SecretKey | null) =>
    secretsOf(templateOf(render([sql], { submission: { readOnly }, deployment: { readerDatasource } }), 'step-1'));
  expect([of(true), of(false), of(true, null)]).toEqual([['reader'], ['database'], ['database']]);
});

describe('a task reaches the worker unchanged', () => {
  test.each(traps)('%s', (select) => {
    const workflow = render([
      runStep({ select }),
      { ...runStep(), kind: 'sql', onlyReads: false, isolated: true, runsOthers: false, name: 'step-2', sql: select },
    ]);
    const prepare = variables(workflow, 'step-1-prepare');
    expect(JSON.parse(prepare.environment.MILLRACE_TASK as string)).toMatchObject({ statement: submission.id, select });
    const { environment } = variables(workflow, 'step-2');
    expect(JSON.parse(environment.MILLRACE_TASK as string)).toEqual({
      kind: 'statement',
      version: 6,
      statement: submission.id,
      step: 'step-2',
      sql: select,
      onlyReads: false,
    });
  });
});

describe('a query reaches a foreign image unchanged', () => {
  test.each(traps)('%s', (select) => {
    const step = foreignStep({ partitions: 1, select, command: ['program', `--note=${select}`] });
    const { environment, command } = variables(render([step]), 'step-1');
    expect(environment.SQLFLOW_TO_RUN_SELECT).toBe(select);
    expect(command).toEqual(['program', `--note=${select}`]);
  });
});

test('Argo inserts only the numbers of workers and partitions', () => {
  const yaml = toYaml(
    render([runStep({ select: traps.join() }), foreignStep({ name: 'step-2', select: traps.join() })]),
  );
  const filled = yaml.slice(yaml.indexOf('\nspec:')).match(/\{\{[^}]*\}\}/g);
  const numbers = [templates.foreignStep, templates.runStep].map(({ dag }) => dag.tasks[1]?.withParam);
  expect([...new Set(filled)].sort()).toEqual([
    ...numbers,
    '{{inputs.parameters.partition}}',
    '{{inputs.parameters.worker}}',
    '{{item}}',
  ]);
});

test('a worker gets its number, the task, the schema and, from the Secret, the database', () => {
  const workflow = render([runStep()], { deployment: { schema: 'system' } });
  const { environment } = variables(workflow, 'step-1-worker', { 'inputs.parameters.worker': '7' });
  expect(Object.keys(environment)).toEqual([
    'MILLRACE_WORKER',
    'MILLRACE_RETRIES',
    'UV_THREADPOOL_SIZE',
    'MILLRACE_TASK',
    'MILLRACE_SCHEMA',
    'MILLRACE_DATASOURCE',
  ]);
  expect(environment).toMatchObject({ MILLRACE_WORKER: '7', MILLRACE_SCHEMA: 'system' });
  expect(templateOf(workflow, 'step-1-worker').container?.env?.at(-1)).toEqual({
    name: 'MILLRACE_DATASOURCE',
    valueFrom: { secretKeyRef: { name: 'database', key: 'dsn' } },
  });
});

test.each([
  [null, '4'],
  [0.5, '4'],
  [7.5, '8'],
])('a worker with %s cores decodes images in %s threads', (cpu, threads) => {
  const workflow = render([runStep({ resources: { cpu, memory: null, gpu: 0 } })]);
  expect(variables(workflow, 'step-1-worker').environment.UV_THREADPOOL_SIZE).toBe(threads);
});

test('only workers of partitions that request GPUs run in the image with CUDA', () => {
  const imagesOf = (gpu: number) => {
    const workflow = render([runStep({ resources: { cpu: null, memory: null, gpu } })]);
    return ['prepare', 'worker', 'finish'].map((part) => templateOf(workflow, `step-1-${part}`).container?.image);
  };
  const { workerImage, gpuWorkerImage } = deployment;
  expect(imagesOf(0)).toEqual([workerImage, workerImage, workerImage]);
  expect(imagesOf(1)).toEqual([workerImage, gpuWorkerImage, workerImage]);
});

describe('the name', () => {
  test('is the same for the same statement and attempt', () => {
    expect(render([runStep()]).metadata.name).toBe('millrace-019a0b1c-2d3e-7f40-8a5b-6c7d8e9fa0b1-1');
    expect(workflowName('a', 2)).toBe('millrace-a-2');
  });

  test.each(['', '-', 'A', 'a_b', 'ä', 'a.b', 'x'.repeat(500), 'Übergröße '.repeat(20), '1/2', 'a-'])(
    'and the label of %j are DNS labels of at most 63 characters',
    (id) => {
      for (const name of [workflowName(id, 1), workflowName(id, 9999), statementLabel(id)]) {
        expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
        expect(name.length).toBeLessThanOrEqual(63);
      }
    },
  );

  test('differs for ids that look alike', () => {
    const ids = ['a_b', 'a-b', 'A-B', 'a.b', 'a-b-1', 'a'];
    const names = ids.flatMap((id) => [workflowName(id, 1), workflowName(id, 11)]);
    expect(new Set(names).size).toBe(12);
  });
});

describe('steps of a program', () => {
  test('run after the steps that they need', () => {
    const [statement] = render(goldenPlan('standard-sql-around-it').steps).spec.templates ?? [];
    expect(statement).toEqual({
      name: 'statement',
      dag: {
        tasks: [
          { name: 'step-1', template: 'step-1' },
          { name: 'step-2', template: 'step-2', depends: 'step-1.Succeeded' },
          { name: 'step-3', template: 'step-3', depends: 'step-2.Succeeded' },
        ],
      },
    });
  });

  test('do not wait for steps that another need already implies', () => {
    const needs = { a: [], b: ['a'], c: ['a'], d: ['c', 'a', 'b'], e: ['a', 'd', 'gone'], f: [] };
    const steps = Object.entries(needs).map(([name, needs]) => runStep({ name, needs }));
    const tasks = render(steps).spec.templates?.[0]?.dag?.tasks;
    expect(tasks?.map(({ depends }) => depends)).toEqual([
      undefined,
      'a.Succeeded',
      'a.Succeeded',
      'c.Succeeded && b.Succeeded',
      'd.Succeeded',
      undefined,
    ]);
  });

  test('are omitted if an earlier attempt completed them', () => {
    const { steps } = goldenPlan('standard-sql-around-it');
    const workflow = render(steps, { submission: { attempt: 2, done: ['step-1', 'step-2'] } });
    expect(workflow.metadata.name).toBe(`millrace-${submission.id}-2`);
    expect(workflow.spec.templates?.map(({ name }) => name)).toEqual(['statement', 'step-3']);
    expect(workflow.spec.templates?.[0]?.dag?.tasks).toEqual([{ name: 'step-3', template: 'step-3' }]);
  });

  test('are limited in number to those that a workflow can have', () => {
    const steps = (count: number) => Array.from({ length: count }, (_, index) => runStep({ name: `step-${index}` }));
    expect(render(steps(49)).spec.templates).toHaveLength(197);
    expect(() => render(steps(50))).toThrow('the program has 50 steps, more than one workflow can have');
  });
});

test("prepare has the volumes and the memory of a worker of partitions if the columns are named by the model's classes", () => {
  const prepareOf = (name: string) =>
    render(goldenPlan(name).steps).spec.templates?.find((template) => template.name === 'step-1-prepare');
  expect(prepareOf('demo')?.volumes).toBeUndefined();
  const prepare = prepareOf('scores-per-class');
  expect(prepare?.volumes?.map((volume) => volume.persistentVolumeClaim?.claimName)).toEqual(['datasets', 'models']);
  expect(prepare?.container?.resources?.limits).toEqual({ cpu: '1', memory: '4Gi' });
});

describe('limits', () => {
  test('the deadline is the timeout of a single step, or the sum of those of several', () => {
    const limited = runStep({ timeoutSeconds: 60 });
    expect(render([limited]).spec.activeDeadlineSeconds).toBe(60);
    expect(render([limited, runStep({ name: 'step-2' })]).spec.activeDeadlineSeconds).toBe(86_460);
  });

  test('a timeout applies to each pod of the step', () => {
    const workflow = render([runStep({ timeoutSeconds: 60 })]);
    const deadlines = workflow.spec.templates?.map(({ activeDeadlineSeconds }) => activeDeadlineSeconds);
    expect(deadlines).toEqual([undefined, undefined, 60, 60, 60]);
  });

  test('as many partitions run at once as the step allows', () => {
    const workflow = render([runStep({ partitions: 9, parallelism: 3 }), runStep({ name: 'step-2', parallelism: 5 })]);
    expect(workflow.spec.parallelism).toBe(5);
    expect(templateOf(workflow, 'step-1').parallelism).toBe(3);
  });

  test('the priority is that of the most urgent step; there is none by default', () => {
    expect(render([runStep({ priority: -5 }), runStep({ name: 'b', priority: 7 })]).spec.priority).toBe(7);
    expect(render([runStep()]).spec).not.toHaveProperty('priority');
  });

  const tooLong = expect.objectContaining({ code: 'STATEMENT_TOO_LONG' } satisfies Partial<MillraceError>);
  /** 78 KB of quoted values, and a megabyte of them. */
  const values = (count: number) => `SELECT * FROM t WHERE name IN (${'"abcdefgh", '.repeat(count)}"")`;

  test.each([6_500, 90_000])('%i values stay in the system schema, if that has the statement', (count) => {
    const select = values(count);
    const workflow = render([runStep({ select })], { submission: { text: select, recorded: true } });
    expect(JSON.parse(variableOf(workflow, 'step-1-prepare', 'MILLRACE_TASK')!)).toMatchObject({ select: null });
    expect(Buffer.byteLength(JSON.stringify(workflow))).toBeLessThan(50_000);
    expect(() => render([runStep({ select })], { submission: { text: select } })).toThrowError(tooLong);
  });

  test('a short query is in the task of the step that selects, and in no other', () => {
    const workflow = render([runStep()], { submission: { recorded: true } });
    const selectOf = (template: string) => JSON.parse(variableOf(workflow, template, 'MILLRACE_TASK')!).select;
    expect(['prepare', 'worker', 'finish'].map((pod) => selectOf(`step-1-${pod}`))).toEqual([
      runStep().select,
      null,
      null,
    ]);
  });

  test("a foreign image's query has to fit", () => {
    const recorded = { submission: { recorded: true } };
    expect(() => render([foreignStep({ partitions: 1, select: values(9_000) })], recorded)).toThrowError(tooLong);
    expect(() => render([foreignStep({ partitions: 3, select: values(9_000) })], recorded)).not.toThrow();
  });

  test('labels of the statement reach the workflow, with a prefix of their own', () => {
    const labels = {
      team: 'vision',
      'a/b': 'c',
      'workflows.argoproj.io/completed': 'true',
      why: 'new cameras, at last',
    };
    const { metadata } = render([runStep()], { submission: { labels } });
    expect(metadata.labels).toMatchObject({
      'labels.millrace/team': 'vision',
      'labels.millrace/a_b': 'c',
      'labels.millrace/workflows.argoproj.io_completed': 'true',
    });
    expect(metadata.labels).not.toHaveProperty(['workflows.argoproj.io/completed']);
    expect(metadata.annotations).toMatchObject({ 'labels.millrace/why': 'new cameras, at last' });
  });

  test('the command of a pod has no token of the Kubernetes API', () => {
    expect(render([runStep(), foreignStep({ name: 'b' })]).spec).toMatchObject({
      automountServiceAccountToken: false,
      executor: { serviceAccountName: 'workflow' },
    });
  });
});

describe('resources', () => {
  const resourcesOf = (cpu: number | null, memory: number | null, gpu: number) =>
    templateOf(render([runStep({ resources: { cpu, memory, gpu } })]), 'step-1-worker').container?.resources;

  test('are those that the statement requests, with GPUs as a literal limit', () => {
    expect(resourcesOf(1.5, 4 * 1024 ** 3, 2)).toEqual({
      requests: { cpu: '1500m', memory: '4Gi' },
      limits: { cpu: '1500m', memory: '4Gi', 'nvidia.com/gpu': '2' },
    });
  });

  test("are the template's if the statement requests none", () => {
    expect(resourcesOf(null, null, 0)).toEqual({
      requests: { cpu: '500m', memory: '1Gi' },
      limits: { cpu: '1', memory: '4Gi' },
    });
  });

  test.each([
    [1000, '1000'],
    [1024, '1Ki'],
    [1536 * 1024 ** 2, '1536Mi'],
    [2 * 1024 ** 4, '2Ti'],
  ])('write %i bytes as %s', (bytes, quantity) => {
    expect(resourcesOf(null, bytes, 0)?.limits?.memory).toBe(quantity);
  });

  test('include GPUs, and tolerations for them, in workers of partitions only', () => {
    const workflow = render([runStep({ resources: { cpu: null, memory: null, gpu: 1 }, nodeSelector: { zone: 'a' } })]);
    const withGpu = workflow.spec.templates?.filter(
      ({ container }) => container?.resources?.limits?.['nvidia.com/gpu'],
    );
    const tolerating = workflow.spec.templates?.filter(({ tolerations }) => tolerations !== undefined);
    const placed = workflow.spec.templates?.filter(({ nodeSelector }) => nodeSelector !== undefined);
    for (const found of [withGpu, tolerating, placed])
      expect(found?.map(({ name }) => name)).toEqual(['step-1-worker']);
    expect(tolerating?.[0]?.tolerations).toEqual(deployment.gpuTolerations);
    expect(placed?.[0]?.nodeSelector).toEqual({ zone: 'a' });
  });
});

test('claims are read-only in the volume and in the mount by default', () => {
  const volumes = [
    { claim: 'data.sets', mountPath: '/datasets', readOnly: true },
    { claim: 'scratch', mountPath: '/tmp', readOnly: false },
  ];
  const worker = templateOf(render([runStep({ volumes })]), 'step-1-worker');
  expect(worker.volumes).toEqual([
    { name: 'data-sets-0', persistentVolumeClaim: { claimName: 'data.sets', readOnly: true } },
    { name: 'scratch-1', persistentVolumeClaim: { claimName: 'scratch' } },
  ]);
  expect(worker.container?.volumeMounts).toEqual([
    { name: 'data-sets-0', mountPath: '/datasets', readOnly: true },
    { name: 'scratch-1', mountPath: '/tmp' },
  ]);
});

describe('a pod is retried', () => {
  /** The expression of a template as JavaScript. https://expr-lang.org/docs/language-definition also has `contains`. */
  function isRetried(template: string, lastRetry: { status: string; exitCode: string; message: string }): boolean {
    const workflow = render([
      runStep(),
      {
        ...runStep(),
        kind: 'sql',
        onlyReads: false,
        isolated: true,
        runsOthers: false,
        name: 'step-2',
        sql: 'DROP TABLE t',
      },
      foreignStep({ name: 'step-3' }),
    ]);
    const { expression = '' } = templateOf(workflow, template).retryStrategy ?? {};
    const script = expression.replace(/lastRetry\.message contains ("[^"]*")/g, 'lastRetry.message.includes($1)');
    return new Function('lastRetry', 'asInt', `return ${script}`)(lastRetry, Number);
  }

  const failed = (exitCode: string, message = `main: Error (exit code ${exitCode})`) => ({
    status: 'Failed',
    exitCode,
    message,
  });
  const deadline = 'Pod was active on the node longer than the specified deadline';
  const cases = [
    ['a temporary failure', failed('75'), true, true],
    ['a mistake of the user', failed('65'), false, false],
    ['a defect of the worker', failed('70'), false, false],
    ['an uncaught error', failed('1'), false, false],
    ['a kill', failed('137', 'main: OOMKilled (exit code 137)'), true, false],
    ['an end in good order', failed('143'), true, false],
    ['an eviction', failed('-1', 'The node was low on resource: memory.'), true, false],
    ['a deleted pod', { status: 'Error', exitCode: '-1', message: 'pod deleted' }, true, false],
    ['the deadline', failed('-1', deadline), false, false],
    ['the deadline, ended in good order', failed('143', deadline), false, false],
  ] as const;

  test.each(cases)('after %s', (_name, end, ofWorkers, ofStatements) => {
    for (const template of ['step-1-prepare', 'step-1-worker', 'step-1-finish', 'step-3-partition']) {
      expect(isRetried(template, end)).toBe(ofWorkers);
    }
    expect(isRetried('step-2', end)).toBe(ofStatements);
  });

  test('as often as the step says', () => {
    const workflow = render([runStep({ retries: 5 })]);
    const limits = workflow.spec.templates?.slice(2).map(({ retryStrategy }) => retryStrategy?.limit);
    // A worker counts its retries itself: only failures in a row without progress.
    expect(limits).toEqual(['5', '100', '5']);
    expect(variables(workflow, 'step-1-worker', { 'inputs.parameters.worker': '0' }).environment).toMatchObject({
      MILLRACE_RETRIES: '5',
    });
    const [, never] = render([runStep({ retries: 0 })]).spec.templates!.slice(2);
    expect(never!.retryStrategy?.limit).toBe('0');
  });
});

describe('a foreign image', () => {
  const task = { statement: submission.id, step: 'step-1' } as Task;
  const id = selectionNames(task, 'millrace').id.toString('hex');

  test('with one partition runs as a single pod with the whole query', () => {
    const workflow = render([foreignStep({ partitions: 1 })]);
    expect(workflow.spec.templates?.map(({ name }) => name)).toEqual(['statement', 'step-1']);
    const { environment, command } = variables(workflow, 'step-1');
    expect(command).toEqual(['python', '-m', 'run_yolov5', '--model=yolov5s']);
    expect(environment).toEqual({
      MILLRACE_BRACE: '{',
      HOME: '/tmp',
      SQLFLOW_TO_RUN_SELECT: 'SELECT image_id, file_name FROM demo.images',
      SQLFLOW_TO_RUN_INTO: 'demo.detections',
      SQLFLOW_TO_RUN_IMAGE: 'hebafer/yolov5-sqlflow:1.0',
      SQLFLOW_DATASOURCE: 'the secret SQLFLOW_DATASOURCE',
    });
  });

  test('gets its share of the rows in each partition, by a range of rows', () => {
    const selection = `\`millrace\`.\`selection_${id}\``;
    const { environment } = variables(render([foreignStep()]), 'step-1-partition', {
      'inputs.parameters.partition': '1',
    });
    expect(environment.SQLFLOW_TO_RUN_SELECT).toBe(
      `SELECT s.* FROM ${selection} AS s WHERE s.\`millrace_row\` > (SELECT COUNT(*) FROM ${selection}) * 1 DIV GREATEST(1, LEAST(2, (SELECT COUNT(*) FROM ${selection}))) ` +
        `AND s.\`millrace_row\` <= (SELECT COUNT(*) FROM ${selection}) * (1 + 1) DIV GREATEST(1, LEAST(2, (SELECT COUNT(*) FROM ${selection}))) ORDER BY s.\`millrace_row\``,
    );
  });

  test('reads its share from the work schema if the system schema has its own account', () => {
    const workflow = render([foreignStep()], { deployment: { systemDatasource: { secret: 'system', key: 'dsn' } } });
    const { environment } = variables(workflow, 'step-1-partition', { 'inputs.parameters.partition': '1' });
    expect(environment.SQLFLOW_TO_RUN_SELECT).toContain(`FROM \`millrace_work\`.\`selection_${id}\``);
  });

  test('gets only the account of foreign images; the worker around it gets that of the system schema', () => {
    const accounts = {
      datasource: { secret: 'user', key: 'dsn' },
      systemDatasource: { secret: 'system', key: 'dsn' },
      foreignDatasource: { secret: 'foreign', key: 'dsn' },
    };
    const { templates = [] } = render([foreignStep()], { deployment: accounts }).spec;
    const pods = templates.filter(({ container }) => container !== undefined);
    expect(Object.fromEntries(pods.map((template) => [template.name, secretsOf(template)]))).toEqual({
      'step-1-prepare': ['user', 'system'],
      'step-1-partition': ['foreign'],
      'step-1-finish': ['user', 'system'],
    });
  });

  test('is rejected if no account for foreign images is configured', () => {
    expect(() => render([foreignStep()], { deployment: { foreignDatasource: null } })).toThrow(
      expect.objectContaining({ code: 'FOREIGN_DATASOURCE_MISSING' }),
    );
  });

  test('gets its share of the rows by the column that keeps rows together', () => {
    const step = foreignStep({ partitionBy: 'a`{{b}}$(HOME)' });
    const { environment } = variables(render([step]), 'step-1-partition', { 'inputs.parameters.partition': '1' });
    expect(environment.SQLFLOW_TO_RUN_SELECT).toBe(
      `SELECT s.* FROM \`millrace\`.\`selection_${id}\` AS s ` +
        "WHERE MOD(CRC32(COALESCE(CAST(s.`a``{{b}}$(HOME)` AS CHAR), '')), 2) = 1 ORDER BY s.`millrace_row`",
    );
  });

  test('has the worker prepare and finish around its partitions', () => {
    const workflow = render([foreignStep()]);
    const images = workflow.spec.templates?.slice(2).map(({ container }) => container?.image);
    expect(images).toEqual([deployment.workerImage, 'hebafer/yolov5-sqlflow:1.0', deployment.workerImage]);
    expect(JSON.parse(variableOf(workflow, 'step-1-prepare', 'MILLRACE_TASK') as string)).toEqual({
      kind: 'shares',
      version: 6,
      statement: submission.id,
      step: 'step-1',
      select: 'SELECT image_id, file_name FROM demo.images',
      partitions: 2,
      partitionBy: null,
    });
  });

  test('can be configured under another name', () => {
    const images = { 'hebafer/yolov5-sqlflow:1.0': 'mirror.example/yolov5@sha256:00' };
    const container = templateOf(
      render([foreignStep({ partitions: 1 })], { deployment: { images } }),
      'step-1',
    ).container;
    expect(container?.image).toBe('mirror.example/yolov5@sha256:00');
    expect(container?.env).toContainEqual({ name: 'SQLFLOW_TO_RUN_IMAGE', value: 'hebafer/yolov5-sqlflow:1.0' });
  });

  test('gets the names of several tables as in SQLFlow, and an empty string for none', () => {
    const into = (tables: Parameters<typeof foreignStep>[0]) =>
      variableOf(render([foreignStep({ partitions: 1, ...tables })]), 'step-1', 'SQLFLOW_TO_RUN_INTO');
    expect(
      into({
        into: [
          { database: 'a', table: 'b' },
          { database: null, table: 'c' },
        ],
      }),
    ).toBe('a.b,c');
    expect(into({ into: [] })).toBe('');
  });

  test.each([
    [
      ['run', '--a=1'],
      ['run', '--a=1'],
    ],
    [['/bin/run.d/run'], ['/bin/run.d/run']],
    [
      ['model.run.PY', 'x.py'],
      ['python', '-m', 'model.run', 'x.py'],
    ],
  ])('%j starts %j', (command, program) => {
    const workflow = render([foreignStep({ partitions: 1, command })]);
    expect(templateOf(workflow, 'step-1').container?.command).toEqual(program);
  });
});

describe("in Argo's UI", () => {
  const annotationsOf = (text: string, steps = [runStep()]) =>
    render(steps, { submission: { text } }).metadata.annotations ?? {};

  test.each([
    ['the table, the program and the user', [runStep()], 'demo.detections · detect · ada'],
    [
      'the tables and the image of a foreign step',
      [foreignStep({ into: ['a', 'b_c'].map((table) => ({ database: 'demo', table })) })],
      'demo.a, demo.b_c · hebafer/yolov5-sqlflow:1.0 · ada',
    ],
    [
      'a name that would be Markdown, as it is',
      [runStep({ into: { database: null, table: '[x](https://evil.example)*`' } })],
      '\\[x\\](https://evil.example)\\*\\` · detect · ada',
    ],
  ])('the title is %s', (_, steps, title) => {
    expect(annotationsOf('SELECT 1', steps as never)['workflows.argoproj.io/title']).toBe(title);
  });

  test('nodes are called by their work, with the characters that the controller accepts', () => {
    const sql = { ...runStep(), kind: 'sql', onlyReads: true, isolated: true, runsOthers: false } as const;
    const names = (steps: readonly unknown[]) =>
      render(steps as never).spec.templates?.flatMap(
        ({ annotations = {} }) => annotations['workflows.argoproj.io/display-name'] ?? [],
      );
    expect(names([runStep()])).toEqual([
      'demo.detections',
      'select-rows',
      'detect-{{inputs.parameters.worker}}',
      'publish-demo.detections',
    ]);
    const hostile = [
      '{{workflow.name}} $(x)',
      '-- é\nSELECT `a_b`',
      'x'.repeat(500),
      '...',
      '',
      "SELECT '{{=1}}';",
    ].map((text) => ({ ...sql, sql: text }));
    const shown = names(hostile);
    expect(shown).toEqual(['workflow.name-x', 'SELECT-a-b', 'x'.repeat(49), 'SELECT-1']);
    // The controller's own pattern, of 4.1.
    for (const name of shown ?? []) expect(name).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9-.]{0,61}[a-zA-Z0-9]$/);
    const table = runStep({ into: { database: 'données', table: '表' } });
    expect(names([table])).toEqual([
      'donn-es',
      'select-rows',
      'detect-{{inputs.parameters.worker}}',
      'publish-donn-es',
    ]);
  });

  test('the title of standard SQL is its text in one line, shortened', () => {
    const sql = {
      ...runStep(),
      kind: 'sql',
      onlyReads: true,
      isolated: true,
      runsOthers: false,
      sql: 'SELECT 1',
    } as const;
    const title = (text: string) => annotationsOf(text, [sql as never])['workflows.argoproj.io/title'] as string;
    expect(title('SELECT  1\nFROM a;')).toBe('SELECT 1 FROM a; · ada');
    expect(title(`SELECT ${'a, '.repeat(1000)}`).length).toBeLessThan(130);
  });

  test('the description is the SQL and a link', () => {
    expect(annotationsOf('SELECT 1\nTO RUN x;\n')['workflows.argoproj.io/description']).toBe(
      `\`\`\`sql\nSELECT 1\nTO RUN x;\n\`\`\`\nStatement [${submission.id}](https://millrace.example/statements/${submission.id}), submitted by ada`,
    );
  });

  test('SQL that contains fences stays inside its own fence', () => {
    expect(annotationsOf('SELECT 1 AS ````')['workflows.argoproj.io/description']).toMatch(
      /^`````sql\nSELECT 1 AS ````\n`````\n/,
    );
  });

  test('long SQL is shortened', () => {
    const description = annotationsOf(`SELECT '${'😀'.repeat(5000)}'`)['workflows.argoproj.io/description'] as string;
    expect(description.length).toBeLessThan(2200);
    expect(description.isWellFormed()).toBe(true);
  });
});

test('pods are found by statement, step and source', () => {
  expect(templateOf(render([runStep()]), 'step-1-worker').metadata).toEqual({
    labels: {
      'millrace/statement': submission.id,
      'millrace/step': 'step-1',
      'millrace/source': 'worker-{{inputs.parameters.worker}}',
    },
  });
});

test('every container and every pod is restricted', () => {
  const workflow = render([
    runStep(),
    { ...runStep(), kind: 'sql', onlyReads: false, isolated: true, runsOthers: false, name: 'step-2', sql: 'SELECT 1' },
    foreignStep({ name: 'step-3' }),
  ]);
  expect(workflow.spec.securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  const containers =
    workflow.spec.templates?.flatMap(({ container }) => (container === undefined ? [] : [container])) ?? [];
  expect(containers).toHaveLength(7);
  for (const { securityContext, resources, command } of containers) {
    expect(securityContext).toMatchObject({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
    expect(Object.keys(resources?.limits ?? {})).toEqual(['cpu', 'memory']);
    expect(Object.keys(resources?.requests ?? {})).toEqual(['cpu', 'memory']);
    expect(command).not.toEqual([]);
  }
  const writable = containers.filter(({ securityContext }) => securityContext?.readOnlyRootFilesystem !== true);
  expect(writable.map(({ image }) => image)).toEqual(['hebafer/yolov5-sqlflow:1.0']);
});

test('only pods that read images or models get the credentials of buckets, from their Secret', () => {
  const buckets = { allowed: 'datasets', store: { MILLRACE_S3_REGION: 'auto' }, secret: 'millrace-buckets' };
  const step = runStep({ buckets: ['datasets'] });
  const workflow = render([step], { deployment: { buckets } });
  const variables = (name: string) => templateOf(workflow, name).container?.env ?? [];
  expect(variables(`${step.name}-worker`)).toEqual(
    expect.arrayContaining([
      { name: 'MILLRACE_BUCKETS', value: 'datasets' },
      { name: 'MILLRACE_S3_REGION', value: 'auto' },
      {
        name: 'AWS_SECRET_ACCESS_KEY',
        valueFrom: { secretKeyRef: { name: 'millrace-buckets', key: 'AWS_SECRET_ACCESS_KEY' } },
      },
    ]),
  );
  expect(JSON.parse(variableOf(workflow, `${step.name}-worker`, 'MILLRACE_TASK') ?? '').mounts).toContain(
    's3://datasets',
  );
  for (const name of ['prepare', 'finish'])
    expect(secretsOf(templateOf(workflow, `${step.name}-${name}`))).not.toContain('millrace-buckets');
  const foreign = render([foreignStep()], { deployment: { buckets } });
  expect(JSON.stringify(foreign)).not.toContain('millrace-buckets');
});
