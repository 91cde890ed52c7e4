import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectKubernetes, openKubernetesApi } from '../../../../src/engine/argo/kubernetes/kubernetes-api.ts';
import { temporaryFolder } from '../../../worker/temporary-folder.ts';
import { type Answer, json, kubeconfig, refuse, standInForApiServer } from '../api-server-stand-in.ts';

const workflows = '/apis/argoproj.io/v1alpha1/namespaces/millrace/workflows';

describe('a request to the Kubernetes API', () => {
  it('carries the account and the object', async () => {
    const { api, seen } = await standInForApiServer((response) => json(response, { kind: 'Workflow' }));
    const body = { metadata: { name: 'w' } };
    expect(await api.json({ method: 'POST', path: workflows, query: { fieldValidation: 'Strict' }, body })).toEqual({
      kind: 'Workflow',
    });
    await api.json({ method: 'PATCH', path: `${workflows}/w`, body });
    expect(seen).toMatchObject([
      {
        method: 'POST',
        path: workflows,
        body,
        headers: { authorization: 'Bearer a token', 'content-type': 'application/json' },
      },
      { method: 'PATCH', path: `${workflows}/w`, body, headers: { 'content-type': 'application/merge-patch+json' } },
    ]);
    expect(seen[0]?.query.get('fieldValidation')).toBe('Strict');
  });

  it('is retried when the server fails or the connection breaks', async () => {
    const answers: Answer[] = [
      (response) => refuse(response, 503, 'ServiceUnavailable', 'not now'),
      (response) => response.destroy(),
      (response) => json(response, { kind: 'Workflow' }),
    ];
    const { api, seen } = await standInForApiServer((response, request) => answers.shift()!(response, request));
    expect(await api.json({ path: workflows })).toEqual({ kind: 'Workflow' });
    expect(seen).toHaveLength(3);
  });

  it.each([
    [401, 'Unauthorized', 'Unauthorized', 'KUBERNETES_REFUSED', 'Kubernetes does not accept the credentials'],
    [
      403,
      'Forbidden',
      'workflows.argoproj.io is forbidden: User "system:serviceaccount:a:b" cannot create resource "workflows" in API group "argoproj.io" in the namespace "millrace"',
      'KUBERNETES_REFUSED',
      'system:serviceaccount:a:b may not create workflows in the namespace millrace',
    ],
    [
      403,
      'Forbidden',
      'pods "w" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1',
      'WORKFLOW_REFUSED',
      'Kubernetes rejects the request: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1',
    ],
    [404, 'NotFound', 'namespaces "millrace" not found', 'NAMESPACE_MISSING', 'the namespace millrace does not exist'],
    [
      404,
      'NotFound',
      'the server could not find the requested resource',
      'ARGO_MISSING',
      'Argo Workflows is not installed in the cluster',
    ],
    [
      422,
      'Invalid',
      'Workflow.argoproj.io "w" is invalid: spec.templates: Too many: 201: must have at most 200 items',
      'WORKFLOW_REFUSED',
      'Kubernetes rejects the request: Workflow.argoproj.io "w" is invalid: spec.templates: Too many: 201: must have at most 200 items',
    ],
  ])('explains a rejection with %i (%s)', async (status, reason, said, code, message) => {
    const { api, seen } = await standInForApiServer((response) => refuse(response, status, reason, said));
    await expect(api.json({ path: workflows })).rejects.toMatchObject({ code, message, status });
    expect(seen).toHaveLength(1);
  });

  it('fails with the rule of the missing Role', async () => {
    const said = 'x is forbidden: User "ada" cannot get resource "pods/log" in API group "" in the namespace "m"';
    const { api } = await standInForApiServer((response) => refuse(response, 403, 'Forbidden', said));
    await expect(api.json({ path: workflows })).rejects.toMatchObject({
      hint: 'bind it to a Role with apiGroups [""], resources ["pods/log"], verbs ["get"]',
    });
  });

  it('fails with the address of a server that does not answer', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.close();
    await once(server, 'close');
    await expect(openKubernetesApi(kubeconfig(address)).json({ path: workflows })).rejects.toMatchObject({
      code: 'KUBERNETES_UNREACHABLE',
      message: `the Kubernetes API at ${address} does not answer: connection refused`,
    });
  });

  it('ends when it is aborted', async () => {
    const { api } = await standInForApiServer(() => {});
    const over = new AbortController();
    const asked = api.json({ path: workflows, signal: over.signal });
    over.abort(new Error('no more'));
    await expect(asked).rejects.toThrow('no more');
  });
});

describe('a kubeconfig', () => {
  const file = temporaryFolder();
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    ['that is not there', null, /^the kubeconfig cannot be read: ENOENT/],
    ['that is broken', 'users: [{token: a-secret', /^the kubeconfig cannot be read: [^\n]*$/],
    ['whose context is not there', 'current-context: there', /^the kubeconfig's context 'there' names no cluster$/],
  ])('%s is explained, and never quoted', async (_, text, message) => {
    vi.stubEnv('KUBECONFIG', text === null ? '/nowhere' : file('kubeconfig', text));
    const error = await connectKubernetes().catch((error) => error);
    expect(error).toMatchObject({ code: 'KUBERNETES_MISSING', message: expect.stringMatching(message) });
    expect(error.message).not.toContain('a-secret');
  });
});
