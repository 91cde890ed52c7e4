import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { useServer } from './use-server.ts';

const demo = new URL('../../models/demo.onnx', import.meta.url);

describe('the registry of models over HTTP', () => {
  const test = useServer();

  async function upload(name: string, user: 'ada' | 'rita' = 'ada', body: Buffer | null = null) {
    const bytes = body ?? (await readFile(demo));
    const answer = await fetch(`${test.server.url}/v1/models/${name}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${test.tokens[user]}`, 'content-type': 'application/octet-stream' },
      body: new Uint8Array(bytes),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  }

  async function ended(id: string | undefined) {
    // The stream of events ends with the statement.
    await (await test.ask('GET', `/v1/statements/${id}/events`)).text();
    return (await test.json('GET', `/v1/statements/${id}`)).body;
  }

  it('takes the bytes of a model, looks at them, and lets its owner drop it', async () => {
    const { status, body } = await upload('uploaded');
    expect(status).toBe(202);
    expect((await ended(body.statement)).state).toBe('succeeded');
    const { body: shown } = await test.json('GET', '/v1/models/uploaded');
    expect(shown).toMatchObject({
      ...{ name: 'uploaded', owner: 'ada' },
      versions: [{ version: 1, isCurrent: true, kind: 'detector', location: 'database', file: null }],
    });
    expect((await test.json('GET', '/v1/models', { user: 'rita' })).body.models).toContainEqual(
      expect.objectContaining({ name: 'uploaded', version: 1, owner: 'ada' }),
    );
    for (const user of ['bob', 'rita'] as const)
      expect((await test.ask('DELETE', '/v1/models/uploaded', { user })).status).toBe(403);
    expect((await test.ask('PATCH', '/v1/models/uploaded', { body: { version: 1 } })).status).toBe(204);
    const { classNames } = shown.versions[0];
    expect((await test.json('GET', '/v1/classes', { user: 'rita' })).body.classes).toEqual(
      expect.arrayContaining(classNames),
    );
    expect((await test.json('GET', '/v1/models/uploaded/training')).body.code).toBe('TRAIN_NOT_OURS');
    expect((await test.json('GET', '/v1/models/uploaded/training?version=2')).body.code).toBe('UNKNOWN_MODEL');
    expect((await test.json('PATCH', '/v1/models/uploaded', { body: { version: 2 } })).body.code).toBe('UNKNOWN_MODEL');
    expect((await test.ask('DELETE', '/v1/models/uploaded')).status).toBe(204);
    expect((await test.json('GET', '/v1/models/uploaded')).body.code).toBe('UNKNOWN_MODEL');
  });

  it('refuses readers, wrong names and files that are no models', async () => {
    expect((await upload('by-a-reader', 'rita')).body).toMatchObject({ code: 'READ_ONLY_ROLE' });
    expect((await upload('a%20b')).body).toMatchObject({ code: 'REQUEST_INVALID' });
    expect((await upload('empty', 'ada', Buffer.alloc(0))).body).toMatchObject({ code: 'MODEL_UNREADABLE' });
    const { body } = await upload('no-model', 'ada', Buffer.from('no model'));
    expect((await ended(body.statement)).error).toMatchObject({ code: 'MODEL_UNREADABLE' });
    expect((await test.json('GET', '/v1/models/no-model')).body.code).toBe('UNKNOWN_MODEL');
  });

  it.each([
    ['another type', { 'content-type': 'application/json' }, '"application/json"; the server accepts application/oct'],
    ['no type', {}, 'the request has no Content-Type'],
    ['compression', { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip' }, '"gzip"'],
  ])('refuses bytes of %s with the header to send', async (_, headers, found) => {
    const answer = await fetch(`${test.server.url}/v1/models/typed`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${test.tokens.ada}`, ...(headers as Record<string, string>) },
      body: new Uint8Array([1]),
    });
    const body = (await answer.json()) as Record<string, string>;
    expect(body).toMatchObject({ status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' });
    expect(body.detail).toContain(found);
    expect(body.hint).toMatch(/Content-Type: application\/octet-stream|without the header Content-Encoding/);
  });

  it('takes no name for SQL or a path', async () => {
    const before = await test.json('GET', '/v1/models');
    const names = ["'", '"', '`', '\\', '%', "x' OR '1'='1", 'x\0', 'x\n', '😀', '../models', 'x/y', 'm'.repeat(129)];
    for (const name of names) {
      const path = `/v1/models/${encodeURIComponent(name)}`;
      expect((await test.json('GET', path)).body, name).toMatchObject({ code: 'REQUEST_INVALID', status: 400 });
      expect((await test.json('DELETE', path)).body, name).toMatchObject({ code: 'REQUEST_INVALID' });
      expect((await test.json('PATCH', path, { body: { version: 1 } })).body, name).toMatchObject({
        code: 'REQUEST_INVALID',
      });
      expect((await upload(encodeURIComponent(name))).body, name).toMatchObject({ code: 'REQUEST_INVALID' });
    }
    for (const name of ['x_', 'constructor', '0.-', 'm'.repeat(128)])
      expect((await test.json('GET', `/v1/models/${name}`)).body, name).toMatchObject({ code: 'UNKNOWN_MODEL' });
    expect((await test.json('GET', '/v1/models')).body).toEqual(before.body);
  });
});
