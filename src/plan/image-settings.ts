import type { Catalog } from '../catalog/catalog.ts';
import type { RunStatement } from '../sql/statement.ts';
import type { RunAttributes } from './attributes.ts';
import { stepProfile } from './profile.ts';
import { mergeVolumes } from './volumes.ts';

/** The part of a step over rows that its attributes say. */
export function imageSettings(statement: RunStatement, attributes: RunAttributes, catalog: Catalog) {
  const partitions = attributes.partitions === 'auto' ? catalog.parallelism : attributes.partitions;
  return {
    image: statement.image.text,
    command: statement.command.map(({ value }) => value),
    select: statement.query.text,
    partitions,
    parallelism: Math.min(attributes.parallelism ?? catalog.mostPods, partitions),
    partitionBy: attributes.partition_by,
    retries: attributes.retries,
    timeoutSeconds: attributes.timeout,
    resources: { cpu: attributes.cpu, memory: attributes.memory, gpu: attributes.gpu },
    priority: attributes.priority,
    nodeSelector: attributes.node_selector,
    profile: stepProfile(attributes.profile, catalog),
    pendingSeconds: attributes.pending_timeout,
    volumes: mergeVolumes(catalog.volumes, attributes.volume),
    span: statement.span,
  };
}
