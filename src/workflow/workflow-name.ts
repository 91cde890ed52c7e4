import { createHash } from 'node:crypto';

const longestId = 40;

/**
 * The workflow's name: a DNS label, the same for the same statement and attempt. Argo writes it into a label of each pod, whose values
 * have at most 63 characters: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
 */
export function workflowName(id: string, attempt: number): string {
  return `millrace-${statementLabel(id)}-${attempt}`;
}

/** The statement's id as a label's value: unchanged if it is a DNS label, otherwise its valid characters and a hash. */
export function statementLabel(id: string): string {
  if (id.length <= longestId && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(id)) return id;
  const hash = createHash('sha256').update(id).digest('hex').slice(0, 16);
  const readable = id.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return `${readable.slice(0, longestId - 17)}-${hash}`.replace(/^-+/, '');
}

/** The statement's id as `statementLabel` writes it. @returns null if the name is not ours */
export function labelInName(workflow: string): string | null {
  return /^millrace-(.+)-\d+$/.exec(workflow)?.[1] ?? null;
}
