/** The fields that we read of a Workflow object: https://argo-workflows.readthedocs.io/en/latest/fields/#workflowstatus */
export interface ObservedWorkflow {
  readonly metadata: {
    readonly name: string;
    readonly creationTimestamp: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly shutdown?: string; readonly suspend?: boolean };
  /** Absent until the controller has seen the workflow. */
  readonly status?: WorkflowStatus;
}

export interface WorkflowStatus {
  readonly phase?: string;
  readonly message?: string;
  readonly startedAt?: string | null;
  readonly finishedAt?: string | null;
  readonly nodes?: Nodes;
  /** Base64 of the compressed JSON of the nodes. Replaces `nodes` once these are large. */
  readonly compressedNodes?: string;
}

/** Nodes by id. */
export type Nodes = Readonly<Record<string, WorkflowNode>>;

export interface WorkflowNode {
  readonly id: string;
  /** `<workflow>.<step>.partition(3:3)(0)`: the names of the DAG, the task and the item, and the attempt. */
  readonly name: string;
  readonly type: string;
  readonly phase?: string;
  readonly message?: string;
  readonly startedAt?: string | null;
  readonly finishedAt?: string | null;
  readonly children?: readonly string[];
}

export function hasFailed({ phase }: Pick<WorkflowNode, 'phase'>): boolean {
  return phase === 'Failed' || phase === 'Error';
}
