// Renders deploy/dashboards into the chart, and the chart into deploy/install.yaml and deploy/quick-start.yaml: `npm run build:deploy`. Needs Helm 3.19
// (`go install helm.sh/helm/v3/cmd/helm@v3.19.0`).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeDashboards } from './render-dashboards.ts';

const deploy = fileURLToPath(new URL('../deploy', import.meta.url));
const chart = join(deploy, 'chart');

/** The manifests by their file names: how Helm is called, and what a person reads first. */
const manifests = {
  'install.yaml': {
    options: ['--set', 'namespace.create=true'],
    introduction: `Millrace's server, beside an Argo, a database and the claims \`datasets\` and \`models\` that are there (deploy/README.md).

  kubectl create namespace millrace
  kubectl create secret generic millrace-datasource -n millrace --from-literal=dsn='mysql://user:password@tcp(host:3306)/'
  kubectl create secret generic millrace-users -n millrace --from-file=users.yaml
  kubectl apply --server-side -f deploy/install.yaml`,
  },
  'quick-start.yaml': {
    options: ['--values', join(chart, 'values-quick-start.yaml')],
    introduction: `All that it takes to try Millrace: the server, Argo, MySQL, the demo's pictures, Prometheus and Grafana. For a cluster that is yours
alone: its passwords and its token (mlr_quick-start) are known to everyone, and whoever reaches its services may look.

  kubectl apply --server-side -k 'https://github.com/argoproj/argo-workflows/manifests/base/crds/full?ref=v4.1.2'
  kubectl apply --server-side -f deploy/quick-start.yaml`,
  },
} as const;

export type Manifest = keyof typeof manifests;

export const manifestNames = Object.keys(manifests) as readonly Manifest[];

/** The manifest as the chart gives it now. */
export function renderManifest(name: Manifest): string {
  const { options, introduction } = manifests[name];
  const body = helmTemplate(options);
  const comment = `${introduction}\n\nMade by \`npm run build:deploy\` from deploy/chart: do not edit.\nsha256: ${checksum(body)}`;
  return `${comment.replaceAll(/^(?=.)/gm, '# ').replaceAll(/^$/gm, '#')}\n${body}`;
}

/** Of all that the chart is made of and of what was rendered from it: tells whether either was changed alone. */
export function checksum(body: string): string {
  const hash = createHash('sha256');
  for (const file of filesBelow(chart))
    hash
      .update(`${relative(chart, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.update(body).digest('hex');
}

/** The symbolic link (alerts) is followed, as Helm does. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesBelow(path) : [path]));
}

function helmTemplate(options: readonly string[]): string {
  // What `helm` itself takes for the cluster's version depends on how it was built.
  const fixed = ['template', 'millrace', chart, '--namespace', 'millrace', '--kube-version', '1.30.0'];
  return execFileSync('helm', [...fixed, ...options], { encoding: 'utf8', stdio: 'pipe' });
}

if (import.meta.main) {
  writeDashboards();
  for (const name of manifestNames) writeFileSync(join(deploy, name), renderManifest(name));
}
