import { readFileSync } from 'node:fs';
import { loadAll } from 'js-yaml';
import type { Manifest } from '../../scripts/render-deploy.ts';

/** As far as the tests look into it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Labels;
    readonly annotations?: Labels;
  };
  // biome-ignore lint/suspicious/noExplicitAny: of any kind
  readonly [field: string]: any;
}

export type Labels = Readonly<Record<string, string>>;

export interface PodTemplate {
  readonly owner: KubernetesObject;
  readonly labels: Labels;
  // biome-ignore lint/suspicious/noExplicitAny: a PodSpec
  readonly spec: any;
}

export function readManifest(name: Manifest): readonly KubernetesObject[] {
  const text = readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8');
  return (loadAll(text) as (KubernetesObject | null)[]).filter((object) => object !== null);
}

/** What starts pods. */
export function podTemplates(objects: readonly KubernetesObject[]): readonly PodTemplate[] {
  return objects
    .filter(({ spec }) => spec?.template?.spec !== undefined)
    .map((owner) => ({ owner, labels: owner.spec.template.metadata.labels, spec: owner.spec.template.spec }));
}

export function selects(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}
