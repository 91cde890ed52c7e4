import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { openSplitEngine } from '../../src/engine/split-engine.ts';
import { mariadb } from '../database.ts';
import { planOf, useSession } from '../use-session.ts';
import { standInEngine } from './stand-in-engine.ts';

const test = useSession(mariadb);

function open() {
  const workflows = standInEngine();
  return { workflows, engine: openSplitEngine({ queries: test.session.engine, workflows }) };
}

async function submit(engine: Engine, text: string): Promise<string> {
  const id = randomUUIDv7();
  await engine.submit({ id, text, plan: await planOf(test.session, text), submittedBy: 'ada', server: null });
  return id;
}

describe('a program', () => {
  it('that only queries runs in this process', async () => {
    const { engine, workflows } = open();
    const id = await submit(engine, 'SELECT COUNT(*) FROM shot; SHOW TABLES');
    const states: string[] = [];
    for await (const { state } of engine.events(id)) states.push(state);
    expect(states.at(-1)).toBe('succeeded');
    expect((await engine.status(id)).id).toBe(id);
    expect(workflows.statements).toEqual([]);
  });

  it.each([
    ['SELECT 1; DROP TABLE IF EXISTS nothing'],
    ['SELECT * FROM shot TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets" INTO never'],
    ['DO 1'],
  ])('that may change something runs as a workflow: %s', async (text) => {
    const { engine, workflows } = open();
    const id = await submit(engine, text);
    expect(workflows.statements.map((each) => each.id)).toEqual([id]);
    expect(await engine.status(id)).toBe(workflows.statements[0]);
    for await (const line of engine.logs(id)) expect(line.text).toBe(text);
    await engine.cancel(id);
  });
});

it('lists both kinds, newest first', async () => {
  const { engine } = open();
  const ids: string[] = [];
  for (const text of ['SELECT 1', 'DO 1', 'SELECT 2', 'DO 2']) ids.unshift(await submit(engine, text));
  expect((await engine.list({ limit: 3 })).map(({ id }) => id)).toEqual(ids.slice(0, 3));
});

it('rejects an unknown id', async () => {
  await expect(open().engine.status(randomUUIDv7())).rejects.toMatchObject({ code: 'UNKNOWN_STATEMENT' });
});
