/** A way to run a step that the administrator has named: what its pods may request, and where and how they run. */
export interface Profile {
  readonly name: string;
  readonly description: string | null;
  /** Roles that may name it; null for all. */
  readonly roles: readonly string[] | null;
  /** The extended resource that `gpu` counts. */
  readonly gpuResource: string;
  /** Requests of a statement that names none. */
  readonly default: ProfileResources;
  /** Maximum requests of a statement. */
  readonly greatest: ProfileResources;
  /** Maximum number of partitions that run at once, for a statement that names none. */
  readonly parallelism: number | null;
  /** Seconds for which a pod may wait, for a statement that names none. */
  readonly pendingSeconds: number | null;
  readonly pods: ProfilePods;
}

/** Cores, bytes and devices; null: not set. */
export interface ProfileResources {
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly gpu: number | null;
}

/** Settings of pods on Kubernetes. They mean nothing to local processes. */
export interface ProfilePods {
  /** Image that runs instead of the worker's. */
  readonly image: string | null;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly ProfileToleration[];
  /** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#scheduling */
  readonly affinity: Readonly<Record<string, unknown>> | null;
  readonly priorityClass: string | null;
  readonly runtimeClass: string | null;
  readonly serviceAccount: string | null;
  /** Bytes of the node's disk. */
  readonly ephemeralStorage: number | null;
  /** Kueue's LocalQueue. */
  readonly queue: string | null;
  /** Maximum number of pods of this profile that run at once, over all statements. */
  readonly places: number | null;
  /** Whether nodes may disappear: the next attempt then avoids the nodes of earlier ones. */
  readonly spot: boolean;
}

export interface ProfileToleration {
  readonly key?: string;
  readonly operator?: 'Exists' | 'Equal';
  readonly value?: string;
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  readonly tolerationSeconds?: number;
}

export const defaultGpuResource = 'nvidia.com/gpu';
