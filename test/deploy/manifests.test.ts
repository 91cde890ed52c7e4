import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load, loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';

import { checksum, manifestNames, renderManifest } from '../../scripts/render-deploy.ts';
import { type AccountRights, accountStatements } from '../../src/datasource/account-statements.ts';
import { parseDsn } from '../../src/datasource/dsn.ts';
import { readDeployment } from '../../src/engine/argo/config.ts';
import { loadTemplates } from '../../src/engine/argo/workflows/load-templates.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { readServerConfig } from '../../src/server/config.ts';
import { findUser } from '../../src/service/access/tokens.ts';
import { renderWorkflow } from '../../src/workflow/render-workflow.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';
import { type KubernetesObject, podTemplates, readManifest, selects } from './read-manifest.ts';

const helmIsHere = spawnSync('helm', ['version']).status === 0;

/** What a person brings to deploy/install.yaml: its introduction says so. */
const broughtForWorkflows = [
  'PersistentVolumeClaim/datasets',
  'PersistentVolumeClaim/models',
  'Secret/millrace-datasource',
];
const brought = [...broughtForWorkflows, 'Secret/millrace-users'];

/** In no namespace. */
const global = ['Namespace', 'ClusterRole', 'ClusterRoleBinding'];

describe.each(manifestNames)('deploy/%s', (name) => {
  const text = readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8');
  const objects = readManifest(name);
  const pods = podTemplates(objects);
  const containers = pods.flatMap(({ owner, spec }) =>
    [...(spec.initContainers ?? []), ...spec.containers].map((container) => ({ owner, container })),
  );
  const ofKind = (kind: string) => objects.filter((object) => object.kind === kind);
  const has = (reference: string) => objects.some(({ kind, metadata }) => `${kind}/${metadata.name}` === reference);

  it('is in step with the chart', () => {
    const [introduction, body] = text.split(/(?<=^# sha256: \w+\n)/m);
    expect(introduction).toContain(checksum(body ?? ''));
  });

  it.skipIf(!helmIsHere)('is what Helm renders (skipped if Helm is missing)', () => {
    expect(renderManifest(name)).toBe(text);
  });

  it('contains each object once, all in one namespace, all of Millrace', () => {
    const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
    expect(
      new Set(objects.filter(({ kind }) => !global.includes(kind)).map(({ metadata }) => metadata.namespace)),
    ).toEqual(new Set(['millrace']));
    const strangers = objects.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/part-of'] !== 'millrace');
    expect(strangers.filter(({ kind }) => kind !== 'Namespace')).toEqual([]);
  });

  it('names images by version or digest', () => {
    const images = containers.map(({ container }) => container.image as string);
    expect(images.filter((image) => !/(:v?\d+\.\d+[\w.-]*|@sha256:[0-9a-f]{64})$/.test(image))).toEqual([]);
    expect(text).not.toMatch(/:latest/);
  });

  it('keeps the restricted pod security standard with read-only root file systems', () => {
    for (const { owner, spec } of pods) {
      expect(spec.securityContext, owner.metadata.name).toMatchObject({
        runAsNonRoot: true,
        runAsUser: expect.any(Number),
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect([spec.hostNetwork, spec.hostPID, spec.hostIPC], owner.metadata.name).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
    for (const { owner, container } of containers) {
      expect(container.securityContext, owner.metadata.name).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it('limits the resources of each container', () => {
    for (const { owner, container } of containers) {
      const amounts = { cpu: expect.any(String), memory: expect.any(String) };
      expect(container.resources, owner.metadata.name).toEqual({ requests: amounts, limits: amounts });
    }
  });

  it('probes every permanent container for liveness and readiness', () => {
    for (const { owner, container } of containers.filter(({ owner }) => owner.kind !== 'Job')) {
      const probes = ['livenessProbe', 'readinessProbe'].filter((probe) => container[probe] !== undefined);
      expect(probes, owner.metadata.name).toEqual(['livenessProbe', 'readinessProbe']);
      const ports = container.ports.map((port: { name: string }) => port.name);
      const asked = Object.values<Record<string, { port?: string }>>(container)
        .flatMap((field) => [field?.httpGet?.port, field?.tcpSocket?.port])
        .filter((port) => port !== undefined);
      expect(asked.filter((port) => !ports.includes(port))).toEqual([]);
    }
  });

  it('gives a Kubernetes token only to accounts that have a Role', () => {
    const bound = ofKind('RoleBinding').flatMap(({ subjects }) =>
      subjects.map((subject: { name: string }) => subject.name),
    );
    for (const { owner, spec } of pods) {
      const expected = spec.serviceAccountName === undefined ? false : bound.includes(spec.serviceAccountName);
      expect(spec.automountServiceAccountToken, owner.metadata.name).toBe(expected);
    }
    const automatic = ofKind('ServiceAccount').filter(({ automountServiceAccountToken: given }) => given !== false);
    expect(automatic).toEqual([]);
    // Argo mounts this one into its own containers alone.
    const tokens = ofKind('Secret').filter(({ type }) => type === 'kubernetes.io/service-account-token');
    const accounts = ofKind('ServiceAccount').map(({ metadata }) => metadata.name);
    expect(tokens.map(({ metadata }) => [metadata.name, metadata.annotations])).toEqual(
      accounts.includes('workflow')
        ? [['workflow.service-account-token', { 'kubernetes.io/service-account.name': 'workflow' }]]
        : [],
    );
  });

  it('refers only to its own objects or to those that a person provides', () => {
    const missing = objects.flatMap(referencesOf).filter((reference) => !has(reference));
    expect(missing.filter((reference) => name === 'quick-start.yaml' || !brought.includes(reference))).toEqual([]);
  });

  it('has selectors that find pods', () => {
    const workers = { 'app.kubernetes.io/part-of': 'millrace', 'app.kubernetes.io/component': 'worker' };
    const all = [...pods.map(({ labels }) => labels), ...(name === 'dataset.yaml' ? [] : [workers])];
    for (const { kind, metadata, spec } of objects) {
      const selector = kind === 'Service' ? spec.selector : (spec?.selector ?? spec?.podSelector)?.matchLabels;
      if (selector === undefined) continue;
      expect(all.filter((labels) => selects(selector, labels)).length, `${kind}/${metadata.name}`).toBe(1);
    }
    for (const { owner, labels } of pods.filter(({ owner }) => owner.kind !== 'Job')) {
      expect(selects(owner.spec.selector.matchLabels, labels), owner.metadata.name).toBe(true);
    }
    for (const { spec, metadata } of ofKind('Service')) {
      const target = pods.find(({ labels }) => selects(spec.selector, labels));
      const ports = target?.spec.containers[0].ports.map((port: { name: string }) => port.name);
      for (const { targetPort } of spec.ports) expect(ports, metadata.name).toContain(targetPort);
    }
  });

  // The third manifest is a Job for an installation that exists.
  if (name === 'dataset.yaml') return;

  it("gives the server and Argo's executor their rights and nothing more", () => {
    const rules = (role: string) => ofKind('Role').find(({ metadata }) => metadata.name === role)?.rules;
    expect(rules('millrace-server')).toEqual([
      {
        apiGroups: ['argoproj.io'],
        resources: ['workflows'],
        verbs: ['create', 'get', 'list', 'watch', 'patch'],
      },
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
    ]);
    expect(rules('workflow')).toEqual([
      { apiGroups: ['argoproj.io'], resources: ['workflowtaskresults'], verbs: ['create', 'patch'] },
    ]);
    expect(ofKind('ClusterRole').map(({ rules }) => rules)).toEqual([
      [{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }],
    ]);
  });

  describe('a workflow of the server that it installs', () => {
    const workflow = renderedWorkflow(objects);

    it('finds its account, its Secret and its claims', () => {
      const references = [`ServiceAccount/${workflow.spec.serviceAccountName}`, ...referencesWithin(workflow)];
      const system = name === 'quick-start.yaml' ? ['Secret/millrace-system-datasource'] : [];
      expect(new Set(references)).toEqual(new Set(['ServiceAccount/workflow', ...broughtForWorkflows, ...system]));
      expect(
        references.filter((reference) => !has(reference) && !(name === 'install.yaml' && brought.includes(reference))),
      ).toEqual([]);
    });

    it('is in its namespace, and its pods are under the network policy', () => {
      expect(workflow.metadata?.namespace).toBe('millrace');
      const policy = ofKind('NetworkPolicy').find(({ metadata }) => metadata.name === 'millrace-worker');
      expect(selects(policy?.spec.podSelector.matchLabels, workflow.spec.podMetadata?.labels ?? {})).toBe(true);
    });

    it('keeps the pod security standard that the namespace enforces', () => {
      expect(workflow.spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      const contexts = (workflow.spec.templates ?? []).flatMap(({ container }) =>
        container ? [container.securityContext] : [],
      );
      expect(contexts.length).toBe(3);
      for (const context of contexts) {
        expect(context).toMatchObject({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
      }
    });
  });
});

describe('the server of quick-start.yaml', () => {
  const objects = readManifest('quick-start.yaml');
  const dataOf = (reference: string) => {
    const found = objects.find(({ kind, metadata }) => `${kind}/${metadata.name}` === reference);
    return { ...found?.data, ...found?.stringData };
  };

  it('starts with its configuration, and knows the token of the README', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-deploy-'));
    const paths = {
      MILLRACE_SERVER_CONFIG: join(folder, 'server.yaml'),
      MILLRACE_USERS_FILE: join(folder, 'users.yaml'),
    };
    await writeFile(paths.MILLRACE_SERVER_CONFIG, dataOf('ConfigMap/millrace-server-file')['server.yaml']);
    await writeFile(paths.MILLRACE_USERS_FILE, dataOf('Secret/millrace-users')['users.yaml']);
    const environment = {
      ...dataOf('ConfigMap/millrace-server'),
      ...paths,
      MILLRACE_DATASOURCE: dataOf('Secret/millrace-datasource').dsn,
    };
    const { users, host, datasources } = await readServerConfig(environment);
    await rm(folder, { recursive: true });
    expect([host, datasources.map(({ name }) => name)]).toEqual(['0.0.0.0', ['default']]);
    const readme = readFileSync(new URL('../../deploy/README.md', import.meta.url), 'utf8');
    const [, token = ''] = /Bearer (\S+?)['"]/.exec(readme) ?? [];
    expect(findUser(users, token)).toEqual({ name: 'quick-start', role: 'user', datasources: null });
  });

  it('has an account for each kind of statement, with the rights of docs/server.md', async () => {
    const roles = ['system', 'user', 'reader', 'foreign'] as const;
    const accounts = Object.fromEntries(
      roles.map((role) => [role, `'millrace_${role}'@'%'`]),
    ) as AccountRights['accounts'];
    const rightsOn = (database: string) => accountStatements({ schema: 'millrace', database, accounts });
    const rights = [...new Set(['demo', 'dataset\\_%'].flatMap(rightsOn))];
    const script: readonly string[] = dataOf('Secret/mysql')['accounts.sql'].trimEnd().split('\n');
    const lines = script.filter((line) => !line.startsWith('--'));
    expect(lines.slice(roles.length)).toEqual(rights.map((sql) => `${sql};`));
    const dsns = ['system-datasource', 'datasource', 'reader-datasource', 'foreign-datasource'].map((name) =>
      parseDsn(dataOf(`Secret/millrace-${name}`).dsn),
    );
    expect(lines.slice(0, roles.length).toSorted()).toEqual(
      dsns.map(({ user, password }) => `CREATE USER '${user}'@'%' IDENTIFIED BY '${password}';`).toSorted(),
    );
    expect(dsns.map(({ user }) => user)).toEqual(roles.map((role) => `millrace_${role}`));
    expect(new Set(dsns.map(({ password }) => password)).size).toBe(4);
  });

  it('gives each pod the accounts that it needs, and foreign images only their own', () => {
    const given = Object.fromEntries(
      podTemplates(objects).map(({ owner, spec }) => [
        owner.metadata.name,
        referencesWithin(spec).filter((reference) => /^Secret\/.*datasource$/.test(reference)),
      ]),
    );
    const secret = (name: string) => `Secret/millrace-${name}`;
    const all = ['datasource', 'system-datasource', 'reader-datasource'].map(secret);
    expect(given).toMatchObject({ 'millrace-server': all, mysql: [], 'demo-0-1-0': [secret('datasource')] });
    const { MILLRACE_SCHEMA: schema, ...environment } = dataOf('ConfigMap/millrace-server');
    const { datasource, systemDatasource, readerDatasource, foreignDatasource } = readDeployment(
      environment,
      schema,
      [],
    );
    expect([datasource, systemDatasource, readerDatasource, foreignDatasource]).toEqual(
      ['datasource', 'system-datasource', 'reader-datasource', 'foreign-datasource'].map((name) => ({
        secret: `millrace-${name}`,
        key: 'dsn',
      })),
    );
  });

  it('finds its files at their mount paths', () => {
    const { MILLRACE_SERVER_CONFIG, MILLRACE_USERS_FILE } = dataOf('ConfigMap/millrace-server');
    const server = podTemplates(objects).find(({ owner }) => owner.metadata.name === 'millrace-server');
    const mounts = server?.spec.containers[0].volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
    expect(mounts).toEqual(expect.arrayContaining([dirname(MILLRACE_SERVER_CONFIG), dirname(MILLRACE_USERS_FILE)]));
  });
});

it.skipIf(!helmIsHere)(
  'the chart gives the server more datasources, profiles, limits and links (skipped where Helm is missing)',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-deploy-'));
    const values = join(folder, 'values.yaml');
    const accounts = {
      systemSecret: 'archive-system',
      readerSecret: 'archive-reader',
      foreignSecret: 'archive-foreign',
    };
    const archive = { secret: 'archive-dsn', key: 'dsn', ...accounts, port: 3307, schema: 'jobs' };
    const links = { grafana: 'https://grafana.example/d/statement?var-statement={id}' };
    const limits = { bodyBytes: 33_554_432, streams: 5 };
    const profiles = {
      mig: {
        resource: 'nvidia.com/mig-1g.10gb',
        default: { gpu: 1, cpu: 1.5, memory: '16Gi' },
        tolerations: [{ key: 'spot', operator: 'Exists' }],
        places: 100_000,
        spot: true,
      },
      plain: {},
    };
    await writeFile(values, JSON.stringify({ server: { datasources: { archive }, profiles, limits, links } }));
    const chart = fileURLToPath(new URL('../../deploy/chart', import.meta.url));
    const { stdout } = spawnSync(
      'helm',
      ['template', 'millrace', chart, '--kube-version', '1.30.0', '--values', values],
      { encoding: 'utf8' },
    );
    await rm(folder, { recursive: true });
    const objects = loadAll(stdout) as KubernetesObject[];
    const file = objects.find(({ metadata }) => metadata.name === 'millrace-server-file')?.data['server.yaml'];
    expect(load(file)).toEqual({
      datasources: {
        archive: {
          dsnFile: '/etc/millrace/datasources/archive',
          secret: 'archive-dsn/dsn',
          systemDsnFile: '/etc/millrace/datasources/archive.system',
          systemSecret: 'archive-system/dsn',
          readerDsnFile: '/etc/millrace/datasources/archive.reader',
          readerSecret: 'archive-reader/dsn',
          foreignSecret: 'archive-foreign/dsn',
          schema: 'jobs',
        },
      },
      profiles,
      limits,
      links,
    });
    expect(objects.find(({ metadata }) => metadata.name === 'millrace-places')?.data).toEqual({ mig: '100000' });
    const [server] = podTemplates(objects);
    expect(server?.spec.volumes).toContainEqual({
      name: 'datasources',
      projected: {
        sources: [
          { secret: { name: 'archive-dsn', items: [{ key: 'dsn', path: 'archive' }] } },
          { secret: { name: 'archive-system', items: [{ key: 'dsn', path: 'archive.system' }] } },
          { secret: { name: 'archive-reader', items: [{ key: 'dsn', path: 'archive.reader' }] } },
        ],
      },
    });
    const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy');
    expect(policies.map(({ spec }) => spec.egress[1].ports)).toEqual([
      [{ port: 3306 }, { port: 3307 }],
      [{ port: 3306 }, { port: 3307 }],
    ]);
  },
);

it.skipIf(!helmIsHere)(
  'the chart opens a port for clients of MySQL only where that is switched on (skipped where Helm is missing)',
  () => {
    const chart = fileURLToPath(new URL('../../deploy/chart', import.meta.url));
    const rendered = (...settings: readonly string[]) => {
      const values = settings.flatMap((setting) => ['--set', setting]);
      const { stdout } = spawnSync('helm', ['template', 'millrace', chart, '--kube-version', '1.30.0', ...values], {
        encoding: 'utf8',
      });
      const objects = loadAll(stdout) as KubernetesObject[];
      const named = (kind: string, name: string) =>
        objects.find((object) => object.kind === kind && object.metadata.name === name);
      return {
        service: named('Service', 'millrace-mysql')?.spec,
        environment: named('ConfigMap', 'millrace-server')?.data,
        ingress: named('NetworkPolicy', 'millrace-server')?.spec.ingress[0].ports,
        volumes: named('Deployment', 'millrace-server')?.spec.template.spec.volumes,
      };
    };
    const off = rendered();
    expect([off.service, off.environment.MILLRACE_MYSQL_PORT]).toEqual([undefined, undefined]);
    expect(off.ingress).toEqual([{ port: 'http' }]);
    const on = rendered('server.mysql.enabled=true', 'server.mysql.tlsSecret=certificate');
    expect(on.service).toMatchObject({ sessionAffinity: 'ClientIP', ports: [{ port: 3306, targetPort: 'mysql' }] });
    expect(on.environment).toMatchObject({
      MILLRACE_MYSQL_PORT: '3306',
      MILLRACE_MYSQL_TLS_CERT: '/etc/millrace/mysql/tls.crt',
      MILLRACE_MYSQL_TLS_KEY: '/etc/millrace/mysql/tls.key',
    });
    expect(on.ingress).toEqual([{ port: 'http' }, { port: 'mysql' }]);
    expect(on.volumes).toContainEqual({ name: 'mysql-certificate', secret: { secretName: 'certificate' } });
  },
);

it.skipIf(!helmIsHere)(
  'the chart lets workers download images only where that is switched on (skipped where Helm is missing)',
  () => {
    const chart = fileURLToPath(new URL('../../deploy/chart', import.meta.url));
    const rendered = (...settings: readonly string[]) => {
      const values = settings.flatMap((setting) => ['--set', setting]);
      const { stdout } = spawnSync('helm', ['template', 'millrace', chart, '--kube-version', '1.30.0', ...values], {
        encoding: 'utf8',
      });
      const objects = loadAll(stdout) as KubernetesObject[];
      const named = (kind: string, name: string) =>
        objects.find((object) => object.kind === kind && object.metadata.name === name);
      return {
        setting: named('ConfigMap', 'millrace-server')?.data.MILLRACE_IMAGE_URLS,
        egress: named('NetworkPolicy', 'millrace-worker')?.spec.egress,
      };
    };
    const off = rendered();
    expect(off.setting).toBe('none');
    const on = rendered('imageUrls.enabled=true', 'imageUrls.networks={10.20.0.0/16}');
    expect(on.setting).toBe('public,10.20.0.0/16');
    const [internet, networks, ...more] = on.egress.slice(off.egress.length);
    expect(internet.ports).toEqual([{ port: 80 }, { port: 443 }]);
    expect(internet.to[0].ipBlock.except).toContain('169.254.0.0/16');
    expect([networks, ...more]).toEqual([{ to: [{ ipBlock: { cidr: '10.20.0.0/16' } }] }]);
  },
);

it.skipIf(!helmIsHere)(
  'the chart lets workers reach the store of buckets only if there are any (skipped if Helm is missing)',
  () => {
    const rendered = (...options: string[]) => {
      const chart = fileURLToPath(new URL('../../deploy/chart', import.meta.url));
      const values = options.flatMap((option) => ['--set', option]);
      const { stdout } = spawnSync('helm', ['template', 'millrace', chart, '--kube-version', '1.30.0', ...values], {
        encoding: 'utf8',
      });
      const objects = loadAll(stdout) as KubernetesObject[];
      const named = (kind: string, name: string) =>
        objects.find((object) => object.kind === kind && object.metadata.name === name);
      return {
        settings: named('ConfigMap', 'millrace-server')?.data,
        file: named('ConfigMap', 'millrace-server-file')?.data['server.yaml'],
        egress: named('NetworkPolicy', 'millrace-worker')?.spec.egress,
      };
    };
    const off = rendered('buckets.secret=unused');
    expect(JSON.stringify(off.settings)).not.toMatch(/BUCKETS|S3/);
    const on = rendered(
      'buckets.allowed={datasets,models/public}',
      'buckets.endpoint=https://store.example:9000',
      'buckets.secret=millrace-buckets',
      'buckets.port=9000',
      'buckets.networks={10.20.0.0/16}',
      'server.buckets.user={datasets}',
    );
    expect(on.settings).toMatchObject({
      MILLRACE_BUCKETS: 'datasets,models/public',
      MILLRACE_S3_ENDPOINT: 'https://store.example:9000',
      MILLRACE_S3_REGION: 'us-east-1',
      MILLRACE_S3_SECRET: 'millrace-buckets',
    });
    expect(load(on.file)).toMatchObject({ buckets: { user: ['datasets'] } });
    expect(on.egress.slice(off.egress.length)).toEqual([
      { to: [{ ipBlock: { cidr: '10.20.0.0/16' } }], ports: [{ port: 9000 }] },
    ]);
  },
);

it.skipIf(!helmIsHere)(
  "Argo's UI links workflows to statements if the server has a URL (skipped if Helm is missing)",
  () => {
    const linksOf = (...options: string[]) => {
      const chart = fileURLToPath(new URL('../../deploy/chart', import.meta.url));
      const values = ['argo.install=true', ...options].flatMap((option) => ['--set', option]);
      const template = [
        'template',
        'millrace',
        chart,
        '--kube-version',
        '1.30.0',
        '--show-only',
        'templates/argo.yaml',
      ];
      const { stdout } = spawnSync('helm', [...template, ...values], { encoding: 'utf8' });
      const objects = loadAll(stdout) as KubernetesObject[];
      const { data } = objects.find(({ metadata }) => metadata.name === 'workflow-controller-configmap')!;
      return data.links === undefined ? null : load(data.links);
    };
    expect(linksOf()).toBeNull();
    expect(linksOf('server.url=https://millrace.example/')).toEqual([
      {
        name: 'Statement',
        scope: 'workflow',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Argo replaces it
        url: 'https://millrace.example/v1/statements/${metadata.labels.millrace/statement}',
      },
    ]);
  },
);

it.skipIf(!helmIsHere)('the chart makes a Job of each dataset (skipped where Helm is missing)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-deploy-'));
  const values = join(folder, 'values.yaml');
  const chart = fileURLToPath(new URL('../../deploy/chart', import.meta.url));
  const sha256 = 'ab'.repeat(32);
  const street = {
    format: 'yolo',
    into: 'street',
    images: 'street/images',
    archives: [{ from: 'https://datasets.example:8443/street.zip?a=b', sha256 }, { from: '/source/more.tar' }],
    sourceClaim: 'downloads',
    options: ['--replace'],
  };
  const rendered = async (imports: object) => {
    await writeFile(values, JSON.stringify({ datasets: { imports, secret: 'importer' } }));
    const options = ['--values', values, '--show-only', 'templates/datasets.yaml', '--kube-version', '1.30.0'];
    const { stdout } = spawnSync('helm', ['template', 'millrace', chart, ...options], { encoding: 'utf8' });
    const objects = loadAll(stdout) as KubernetesObject[];
    return (kind: string) => objects.filter((object) => object.kind === kind);
  };
  const one = await rendered({ street });
  const [job, ...others] = one('Job');
  const [container] = job!.spec.template.spec.containers;
  expect([others, container.args.slice(-3)]).toEqual([
    [],
    [
      `--archive=https://datasets.example:8443/street.zip?a=b#sha256=${sha256}`,
      '--archive=/source/more.tar',
      '--replace',
    ],
  ]);
  expect(container.env[0].valueFrom.secretKeyRef).toEqual({ name: 'importer', key: 'dsn' });
  expect(container.volumeMounts).toContainEqual({ name: 'source', mountPath: '/source', readOnly: true });
  const [policy] = one('NetworkPolicy');
  expect(policy?.spec.egress.slice(1)).toEqual([{ ports: [{ port: 3306 }] }, { ports: [{ port: 8443 }] }]);
  const both = await rendered({ street: { ...street, archives: [] }, more: { ...street, archives: [] } });
  const names = both('Job').map(({ metadata }) => metadata.name as string);
  expect(new Set([...names, job?.metadata.name]).size).toBe(3);
  expect(both('NetworkPolicy').map(({ spec }) => spec.egress.length)).toEqual([2, 2]);
  expect((await rendered({ street: { ...street, images: '../models' } }))('Job')).toEqual([]);
  await rm(folder, { recursive: true });
});

describe.skipIf(!helmIsHere)(
  'the chart for datasources with namespaces of their own (skipped where Helm is missing)',
  () => {
    const chart = fileURLToPath(new URL('../../deploy/chart', import.meta.url));

    function template(values: object) {
      const options = [
        'template',
        'millrace',
        chart,
        '--namespace',
        'millrace',
        '--kube-version',
        '1.30.0',
        '--values',
        '-',
      ];
      return spawnSync('helm', options, { encoding: 'utf8', input: JSON.stringify(values) });
    }

    const datasources = {
      a: { secret: 'a', key: 'dsn', namespace: 'team-a', quota: { 'requests.nvidia.com/gpu': 4, pods: '50' } },
      more: { secret: 'b', key: 'dsn', namespace: 'team-a', serviceAccount: 'more' },
      here: { secret: 'c', key: 'dsn', namespace: 'millrace' },
    };

    it('gives the server and the accounts of pods the same rights there as at home, and no others', () => {
      const { stdout } = template({ server: { datasources } });
      const objects = (loadAll(stdout) as (KubernetesObject | null)[]).filter((object) => object !== null);
      const inside = (namespace: string) => objects.filter(({ metadata }) => metadata.namespace === namespace);
      expect(
        inside('team-a')
          .map(({ kind, metadata }) => `${kind}/${metadata.name}`)
          .toSorted(),
      ).toEqual([
        'NetworkPolicy/millrace-worker',
        'ResourceQuota/millrace-a',
        'Role/millrace-server',
        'Role/more',
        'Role/workflow',
        'RoleBinding/millrace-server',
        'RoleBinding/more',
        'RoleBinding/workflow',
        'Secret/more.service-account-token',
        'Secret/workflow.service-account-token',
        'ServiceAccount/more',
        'ServiceAccount/workflow',
      ]);
      const rulesOf = (namespace: string, name: string) =>
        inside(namespace).find(({ kind, metadata }) => kind === 'Role' && metadata.name === name)?.rules;
      expect(rulesOf('team-a', 'millrace-server')).toEqual(rulesOf('millrace', 'millrace-server'));
      expect(rulesOf('team-a', 'more')).toEqual(rulesOf('millrace', 'workflow'));
      const binding = inside('team-a').find(
        ({ kind, metadata }) => kind === 'RoleBinding' && metadata.name === 'millrace-server',
      );
      expect(binding?.subjects).toEqual([{ kind: 'ServiceAccount', name: 'millrace-server', namespace: 'millrace' }]);
      const quota = inside('team-a').find(({ kind }) => kind === 'ResourceQuota');
      expect(quota?.spec.hard).toEqual({ 'requests.nvidia.com/gpu': 4, pods: '50' });
      const policy = (namespace: string) =>
        inside(namespace).find(({ metadata, kind }) => kind === 'NetworkPolicy' && metadata.name === 'millrace-worker');
      expect(policy('team-a')?.spec).toEqual(policy('millrace')?.spec);
      const file = objects.find(({ metadata }) => metadata.name === 'millrace-server-file')?.data['server.yaml'];
      expect(load(file)).toMatchObject({
        datasources: { more: { namespace: 'team-a', serviceAccount: 'more' }, here: { namespace: 'millrace' } },
      });
    });

    it.each([
      [{ argo: { install: true }, server: { datasources } }, 'argo.install serves only the namespace of the release'],
      [
        { server: { datasources: { a: { secret: 'a', key: 'dsn', quota: { pods: 1 } } } } },
        'server.datasources.a.quota needs a namespace',
      ],
      [{ server: { datasources: { a: { secret: 'a', key: 'dsn', namespace: 'Team' } } } }, 'namespace'],
    ])('%j is refused', (values, message) => {
      const { status, stderr } = template(values);
      expect(status).not.toBe(0);
      expect(stderr).toContain(message);
    });
  },
);

it('quick-start.yaml names the CRDs of the Argo that it installs', () => {
  const text = readFileSync(new URL('../../deploy/quick-start.yaml', import.meta.url), 'utf8');
  const versions = [...text.matchAll(/(?:quay\.io\/argoproj\/[\w-]+:|crds\/full\?ref=)(v[\d.]+)/g)].map(
    ([, version]) => version,
  );
  expect(versions.length).toBe(4);
  expect(new Set(versions).size).toBe(1);
});

/** The demo's statement, with the configuration that the server gets. */
function renderedWorkflow(objects: readonly KubernetesObject[]): Workflow {
  const environment = objects.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'millrace-server',
  )?.data;
  const plan: Plan = JSON.parse(readFileSync(new URL('../golden/demo/plan.json', import.meta.url), 'utf8'));
  const submission = {
    id: '019a0b1c-2d3e-7f40-8a5b-6c7d8e9fa0b1',
    attempt: 1,
    text: '',
    submittedBy: 'ada',
    done: [],
    readOnly: false,
    labels: {},
    recorded: false,
  };
  return renderWorkflow(
    plan,
    submission,
    readDeployment(environment, environment.MILLRACE_SCHEMA, []),
    loadTemplates(),
  );
}

/** What an object of this file names, as `Kind/name`. */
function referencesOf(object: KubernetesObject): readonly string[] {
  const binding = object.kind === 'RoleBinding' ? [object.roleRef, ...object.subjects] : [];
  const own = object.spec?.volumeClaimTemplates?.map(({ metadata }: KubernetesObject) => metadata.name) ?? [];
  return [...binding.map(({ kind, name }) => `${kind}/${name}`), ...referencesWithin(object)].filter(
    (reference) => !own.includes(reference),
  );
}

function referencesWithin(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([field, inner]) => {
    if (inner === null) return [];
    if (field === 'serviceAccountName') return typeof inner === 'string' ? [`ServiceAccount/${inner}`] : [];
    if (field === 'persistentVolumeClaim') return [`PersistentVolumeClaim/${inner.claimName}`];
    if (field === 'secretKeyRef') return [`Secret/${inner.name}`];
    if (field === 'secret') return [`Secret/${inner.secretName ?? inner.name}`];
    if (field === 'configMap' || field === 'configMapRef') return [`ConfigMap/${inner.name}`];
    return referencesWithin(inner);
  });
}
