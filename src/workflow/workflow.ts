import type { ITemplate } from '@kubernetes-models/argo-workflows/argoproj.io/v1alpha1/Template';
import type { IWorkflow } from '@kubernetes-models/argo-workflows/argoproj.io/v1alpha1/Workflow';
import type { Profile } from '../catalog/profile.ts';

export type Workflow = IWorkflow;
export type Template = ITemplate;
export type Container = NonNullable<Template['container']>;
export type Toleration = NonNullable<Template['tolerations']>[number];

/** The constant parts of workflows: the parsed files of templates/. */
export interface WorkflowTemplates {
  readonly workflow: Workflow;
  readonly runStep: DagTemplate;
  readonly foreignStep: DagTemplate;
  readonly worker: ContainerTemplate;
  readonly partitions: ContainerTemplate;
  readonly sqlStep: ContainerTemplate;
  readonly foreignImage: ContainerTemplate;
  readonly trainer: ContainerTemplate;
}

export type DagTemplate = Template & { readonly dag: NonNullable<Template['dag']> };

export type ContainerTemplate = Template & { readonly container: Container };

/** A submission, without its plan. */
export interface WorkflowSubmission {
  readonly id: string;
  /** Starts at 1. Another attempt is the same statement with the same ledger, in a workflow with another name. */
  readonly attempt: number;
  readonly text: string;
  readonly submittedBy: string;
  /** Names of the steps that earlier attempts completed. They are omitted. */
  readonly done: readonly string[];
  /** Whether the user is a reader. */
  readonly readOnly: boolean;
  /** The statement's labels, by name. A value that is not valid in a Kubernetes label becomes an annotation. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whether the system schema has the statement. If so, long texts stay there, and pods read them. */
  readonly recorded: boolean;
}

/** Settings of all workflows. */
export interface Deployment {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** MILLRACE_IMAGE_URLS of the worker; null: not set. */
  readonly imageUrls: string | null;
  /** The store whose buckets steps may read; null: none. */
  readonly buckets: DeployedBuckets | null;
  /** Runs standard statements, and `prepare` and `finish` around foreign images. */
  readonly workerImage: string;
  /** Runs the partitions of steps that request GPUs. */
  readonly gpuWorkerImage: string;
  /** Runs TO TRAIN; null: not set. */
  readonly trainerImage: string | null;
  /** Image references, by their names in statements. Any other name is itself a reference. */
  readonly images: Readonly<Record<string, string>>;
  /** Source of the DSN of the users' account. */
  readonly datasource: SecretKey;
  /** Source of the DSN for the system schema; null: `datasource`. */
  readonly systemDatasource: SecretKey | null;
  /** Source of the DSN for statements of readers; null: `datasource`. */
  readonly readerDatasource: SecretKey | null;
  /**
   * Source of the DSN for foreign images, in SQLFlow's form `mysql://user:password@tcp(host:port)/db`; null: they have no account, so
   * they are rejected.
   */
  readonly foreignDatasource: SecretKey | null;
  /** Name of the system schema. */
  readonly schema: string;
  /** The administrator's profiles. */
  readonly profiles: readonly Profile[];
  /** ConfigMap with the number of pods of each profile that may run at once, for Argo's semaphores. */
  readonly places: { readonly namespace: string; readonly configMap: string };
  /** Tolerations of pods that request a GPU. */
  readonly gpuTolerations: readonly Toleration[];
  /** Deadline of a step without a timeout, in seconds. */
  readonly deadlineSeconds: number;
  /** URL of the page that shows a statement; the id is appended. */
  readonly statementUrl: string | null;
}

/** Settings of the worker: src/worker/buckets/store-settings.ts. */
export interface DeployedBuckets {
  /** MILLRACE_BUCKETS. */
  readonly allowed: string;
  /** MILLRACE_S3_…, as far as they are set. */
  readonly store: Readonly<Record<string, string>>;
  /** Secret with the credentials, whose keys are the worker's variables; null: requests are not signed. */
  readonly secret: string | null;
}

export interface SecretKey {
  readonly secret: string;
  readonly key: string;
}

/** The inputs for rendering a statement's steps. */
export interface Rendering {
  /** The statement's id. */
  readonly statement: string;
  readonly deployment: Deployment;
  readonly templates: WorkflowTemplates;
  /** Whether the workflow contains the texts of queries and statements. If not, pods read them from the system schema. */
  readonly texts: boolean;
}
