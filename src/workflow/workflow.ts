import type { ITemplate } from '@kubernetes-models/argo-workflows/argoproj.io/v1alpha1/Template';
import type { IWorkflow } from '@kubernetes-models/argo-workflows/argoproj.io/v1alpha1/Workflow';

export type Workflow = IWorkflow;
export type Template = ITemplate;
export type Container = NonNullable<Template['container']>;
export type Toleration = NonNullable<Template['tolerations']>[number];

/** The constant parts: the files of templates/, parsed. */
export interface WorkflowTemplates {
  readonly workflow: Workflow;
  readonly runStep: Template & { readonly dag: NonNullable<Template['dag']> };
  readonly worker: ContainerTemplate;
  readonly partition: ContainerTemplate;
  readonly sqlStep: ContainerTemplate;
  readonly foreignImage: ContainerTemplate;
}

export type ContainerTemplate = Template & { readonly container: Container };

/** What is submitted beside the plan. */
export interface WorkflowSubmission {
  readonly id: string;
  /** From 1. Another attempt is the same statement, and so the same ledger, in a workflow of another name. */
  readonly attempt: number;
  readonly text: string;
  readonly submittedBy: string;
  /** Names of the steps that an earlier attempt has finished: they are left out. */
  readonly done: readonly string[];
  /** Of a reader. */
  readonly readOnly: boolean;
  /** By name; what a label of Kubernetes cannot hold becomes an annotation. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whether the system schema holds the statement: then long texts stay there, and its pods read them. */
  readonly recorded: boolean;
}

/** Where the workflow runs. */
export interface Deployment {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Runs standard statements, and `prepare` and `finish` around foreign images. */
  readonly workerImage: string;
  /** Image references by the names that statements write; other names are references themselves. */
  readonly images: Readonly<Record<string, string>>;
  /** Where the worker has the DSN of the users' account from. */
  readonly datasource: SecretKey;
  /** Where the worker has the DSN of the account behind the system schema from; null: it is that of `datasource`. */
  readonly systemDatasource: SecretKey | null;
  /** Where the statements of readers have their account's DSN from, instead; null: that of `datasource`. */
  readonly readerDatasource: SecretKey | null;
  /**
   * Where foreign images have a DSN from, in SQLFlow's form, `mysql://user:password@tcp(host:port)/db`; null: they are refused, for
   * no account has been made for them.
   */
  readonly foreignDatasource: SecretKey | null;
  /** The system schema's name. */
  readonly schema: string;
  /** For pods that ask for a GPU. */
  readonly gpuTolerations: readonly Toleration[];
  /** What a step without a timeout may take. */
  readonly deadlineSeconds: number;
  /** Where a person sees statements: the id is appended. */
  readonly statementUrl: string | null;
}

export interface SecretKey {
  readonly secret: string;
  readonly key: string;
}

/** Everything about a statement that its steps' templates are filled with. */
export interface Rendering {
  /** The statement's id. */
  readonly statement: string;
  readonly deployment: Deployment;
  readonly templates: WorkflowTemplates;
  /** Whether pods are told the texts of queries and statements, or read them in the system schema. */
  readonly texts: boolean;
}
