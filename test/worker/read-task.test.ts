import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/plan/plan.ts';
import { taskOf } from '../../src/plan/task-of.ts';
import { contractOf, programNames } from '../../src/programs/programs.ts';
import { withoutDefaults } from '../../src/programs/read-program-call.ts';
import { taskVersion } from '../../src/task.ts';
import { readTask } from '../../src/worker/read-task.ts';
import { foreignStep, goldenPlan, render, runStep, variableOf } from '../workflow/deployment.ts';

const task = taskOf('s', runStep());
const written = (changes: object = {}) => JSON.stringify({ ...task, ...changes });

describe('a task', () => {
  it('of the local engine is read as it was written', () => {
    const whole = { ...task, program: runStep().program };
    expect(readTask(written())).toEqual(whole);
    expect(readTask(written({ ignored: ['--dataset'] }))).toEqual({ ...whole, ignored: ['--dataset'] });
  });

  const folder = new URL('../golden/', import.meta.url);
  const cases = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('/plan.json'))
    .map((file) => file.slice(0, -'/plan.json'.length));
  it.each(cases)('of a workflow is read as it was written: %s', (name) => {
    const text = readFileSync(new URL(`${name}/workflow.yaml`, folder), 'utf8');
    const tasks = [...text.matchAll(/name: MILLRACE_TASK\n\s+value: '(.*)'\n/g)].map(([, task]) =>
      (task as string).replaceAll("''", "'"),
    );
    expect(tasks.length).toBeGreaterThan(0);
    for (const written of tasks) {
      const task = readTask(written);
      expect('program' in task ? { ...task, program: withoutDefaults(task.program) } : task).toEqual(
        JSON.parse(written),
      );
      const step = goldenPlan(name).steps.find((step) => step.name === task.step);
      if ('program' in task) expect(step).toMatchObject({ program: task.program });
    }
  });

  it.each([
    [2, '2'],
    ['1', '"1"'],
    [undefined, 'none'],
  ])('of version %s is an error that says what to do', (version, told) => {
    expect(() => readTask(written({ version }))).toThrow(
      expect.objectContaining({
        code: 'TASK_VERSION',
        message: `the task has version ${told}; this worker knows version 6`,
        hint: 'give the server and the worker images of the same version of Millrace',
      }),
    );
  });

  it('has a new version if a program, an option or a default changes', () => {
    const golden = new URL('../golden/task-programs.json', import.meta.url);
    const contract = programNames.map((name) => {
      const options = Object.entries(contractOf(name).options).map(([option, { takes: _, ...rest }]) => [option, rest]);
      return [name, Object.fromEntries(options)];
    });
    const found = JSON.parse(JSON.stringify({ version: taskVersion, programs: Object.fromEntries(contract) }));
    const known = JSON.parse(readFileSync(golden, 'utf8'));
    if (process.env.UPDATE_GOLDEN && known.version !== taskVersion)
      writeFileSync(golden, `${JSON.stringify(found, null, 2)}\n`);
    else expect(found, 'raise taskVersion, then UPDATE_GOLDEN=1').toEqual(known);
  });

  const { settings } = task.program;
  it.each([
    ['no JSON', '', 'MILLRACE_TASK holds no JSON'],
    ['a number', '1', 'the task in MILLRACE_TASK is not an object'],
    ['an unknown kind', written({ kind: 'dream' }), 'has the kind "dream"; this worker knows rows, shares, statement'],
    ['a kind of every object', written({ kind: 'constructor' }), 'has the kind "constructor"'],
    ['a field too few', written({ into: undefined }), "is not one of this worker's: into: "],
    ['a field too many', written({ detect: {} }), "is not one of this worker's: detect: "],
    ['a setting too few', written({ program: { name: 'detect', settings: {} } }), 'program.settings.'],
    ['an unknown program', written({ program: { name: 'dream', settings } }), 'program.name: '],
    ['a table without a name', written({ into: { database: null } }), 'into.table: '],
  ])('that was tampered with is refused by its place: %s', (_, text, message) => {
    expect(() => readTask(text)).toThrow(
      expect.objectContaining({ code: 'TASK_INVALID', message: expect.stringContaining(message) }),
    );
  });

  it.each([
    ['TASK_VERSION', 65, written({ version: 9 })],
    ['TASK_INVALID', 70, written({ kind: 'dream' })],
  ])('that it does not know ends the worker with %s on its last line', (code, exitCode, task) => {
    const main = fileURLToPath(new URL('../../src/worker/main.ts', import.meta.url));
    const env = { ...process.env, MILLRACE_TASK: task, MILLRACE_DATASOURCE: 'mysql://nobody@127.0.0.1:9/none' };
    const { status, stdout } = spawnSync(process.execPath, [main, 'prepare'], { env, encoding: 'utf8' });
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) as string)).toMatchObject({ error: { code } });
    expect(status).toBe(exitCode);
  });

  it('around a foreign image has the rows and how they are shared out, and nothing else', () => {
    const plan: Plan = { kind: 'plan', version: 6, steps: [foreignStep()] };
    const text = variableOf(render(plan.steps), 'step-1-finish', 'MILLRACE_TASK') as string;
    expect(readTask(text)).toMatchObject({ kind: 'shares', select: null, partitions: 2 });
    expect(goldenPlan('demo').version).toBe(plan.version);
  });
});
