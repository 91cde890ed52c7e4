import { readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { useServer } from './use-server.ts';

const test = useServer({}, { running: false });
const profiles = {
  cpu: { description: 'four cores', default: { cpu: 1, memory: '1Gi' }, greatest: { cpu: 1, memory: '2Gi' } },
  gpus: { roles: ['user', 'admin'], resource: 'amd.com/gpu', default: { gpu: 1 }, queue: 'team-a', places: 4 },
  private: { roles: ['admin'] },
};

beforeAll(async () => {
  const file = test.environment.MILLRACE_SERVER_CONFIG!;
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), profiles }));
  (test as { server: unknown }).server = await test.another();
});

const select = 'SELECT id, file_name FROM shot LIMIT 2';
const statement = (attributes: string) =>
  `${select} TO RUN millrace/worker CMD "detect", "--model=demo", "--image_dir=/datasets" WITH ${attributes} INTO seen`;

describe('GET /v1/profiles', () => {
  it('lists those that the role may use', async () => {
    const namesFor = async (user: 'ada' | 'rita' | 'root') => {
      const { body } = await test.json('GET', '/v1/profiles', { user });
      return body.profiles.map(({ name }: { name: string }) => name);
    };
    expect([await namesFor('rita'), await namesFor('ada'), await namesFor('root')]).toEqual([
      ['cpu'],
      ['cpu', 'gpus'],
      ['cpu', 'gpus', 'private'],
    ]);
  });

  it('tells what they set', async () => {
    const { body } = await test.json('GET', '/v1/profiles');
    expect(body.profiles[1]).toEqual({
      name: 'gpus',
      description: null,
      resource: 'amd.com/gpu',
      default: { gpu: 1, cpu: null, memory: null },
      greatest: { gpu: null, cpu: null, memory: null },
      parallelism: null,
      pendingSeconds: null,
      queue: 'team-a',
      places: 4,
      spot: false,
    });
  });

  it('needs a token', async () => {
    expect((await test.json('GET', '/v1/profiles', { user: null })).status).toBe(401);
  });
});

describe('a statement', () => {
  it.each([
    ["profile = 'private'", 403, 'PROFILE_NOT_ALLOWED', 'use one of cpu, gpus, or ask an administrator'],
    ["profile = 'gpux'", 400, 'UNKNOWN_PROFILE', "did you mean 'gpus'?"],
    ["profile = 'cpu', memory = '3Gi'", 400, 'PROFILE_EXCEEDED', 'request at most 2 GiB of memory'],
  ])('with %s is refused before anything is submitted', async (attributes, status, code, hint) => {
    for (const path of ['/v1/statements', '/v1/explain']) {
      const answer = await test.json('POST', path, { body: { sql: statement(attributes) } });
      expect(answer).toMatchObject({
        status,
        body: { code, position: { line: 1 }, hint: expect.stringContaining(hint) },
      });
      expect(answer.body.statement).toBeUndefined();
    }
  });

  it('with a profile runs here with its resources; its explanation says which settings mean nothing here', async () => {
    const sql = statement("profile = 'gpus', gpu = 0");
    const { body } = await test.json('POST', '/v1/explain', { body: { sql } });
    expect(body.text).toContain('profile   gpus\n  note      without effect on this machine: resource, queue, places');
    const ran = await test.run(statement("profile = 'cpu'"));
    expect(ran.body).toMatchObject({ state: 'succeeded' });
  });
});
