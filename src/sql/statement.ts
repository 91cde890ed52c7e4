import type { Span } from '../errors.ts';
import type { Facts } from './facts/facts.ts';
import type { LexicalMode } from './lexical-mode.ts';

/** A parsed program: frozen plain data; every node has its place in the text. */
export interface Program {
  readonly text: string;
  /** The mode in which its standard SQL was read. */
  readonly mode: LexicalMode;
  readonly statements: readonly SqlStatement[];
}

export type SqlStatement = StandardStatement | ExtendedStatement;

/** A statement that Millrace answers itself. */
export type ExtendedStatement =
  | RunStatement
  | TrainStatement
  | PredictStatement
  | ExplainStatement
  | EvaluateStatement
  | FindStatement
  | OptimizeStatement
  | ModelStatement;

/** A statement about registered models, which has no query. */
export type ModelStatement =
  | CreateModelStatement
  | ShowModelsStatement
  | DescribeModelStatement
  | ShowTrainStatement
  | ShowTrialsStatement
  | DropModelStatement
  | SetModelStatement;

export type ModelStatementKind = ModelStatement['kind'];

/** A statement that is sent to the database unchanged: `text` is what the user wrote, byte for byte, from its first token to its `;`. */
export interface StandardStatement {
  readonly kind: 'standard';
  readonly text: string;
  readonly span: Span;
  readonly facts: Facts;
}

/** `query TO RUN image [CMD …] [WITH …] [INTO …]` */
export interface RunStatement {
  readonly kind: 'run';
  readonly span: Span;
  readonly query: Query;
  readonly image: ImageReference;
  readonly command: readonly StringLiteral[];
  readonly attributes: readonly Attribute[];
  readonly into: readonly TableName[];
}

/** `query TO TRAIN estimator [WITH …] [COLUMN … [FOR name]]… [LABEL name] [USING model] INTO model` */
export interface TrainStatement {
  readonly kind: 'train';
  readonly span: Span;
  readonly query: Query;
  readonly estimator: Reference;
  readonly attributes: readonly Attribute[];
  /** The query in the attribute `validation.select`, all of whose places are the attribute's value; null: there is none. */
  readonly validation: Query | null;
  readonly columns: readonly ColumnClause[];
  readonly label: Reference | null;
  /** The trained model to continue from. */
  readonly using: Reference | null;
  readonly into: Reference;
}

/** `query TO PREDICT table[.column] [WITH …] USING model` */
export interface PredictStatement {
  readonly kind: 'predict';
  readonly span: Span;
  readonly query: Query;
  readonly into: PredictionTarget;
  readonly attributes: readonly Attribute[];
  readonly using: Reference;
}

/** `query TO EXPLAIN model [WITH …] [USING explainer] [INTO table]` */
export interface ExplainStatement {
  readonly kind: 'explain';
  readonly span: Span;
  readonly query: Query;
  readonly model: Reference;
  readonly attributes: readonly Attribute[];
  readonly explainer: Reference | null;
  readonly into: TableName | null;
}

/** `query TO EVALUATE model [WITH …] LABEL name INTO table` */
export interface EvaluateStatement {
  readonly kind: 'evaluate';
  readonly span: Span;
  readonly query: Query;
  readonly model: Reference;
  readonly attributes: readonly Attribute[];
  readonly label: Reference;
  readonly into: TableName;
}

/** `query TO FIND expression [WITH …] [USING model, …] INTO table` */
export interface FindStatement {
  readonly kind: 'find';
  readonly span: Span;
  readonly query: Query;
  /** What the rows' pictures must show. */
  readonly predicate: Value;
  readonly attributes: readonly Attribute[];
  /** The only models that may be asked; empty: all. */
  readonly models: readonly Reference[];
  readonly into: TableName;
}

/** `query TO MAXIMIZE|MINIMIZE expression [CONSTRAINT …] WITH … [USING solver] INTO table` */
export interface OptimizeStatement {
  readonly kind: 'optimize';
  readonly span: Span;
  readonly query: Query;
  readonly direction: 'maximize' | 'minimize';
  readonly objective: Value;
  readonly constraints: readonly Constraint[];
  readonly attributes: readonly Attribute[];
  readonly solver: Reference | null;
  readonly into: TableName;
}

/** `CREATE MODEL name FROM 'file' [WITH …]`, `CREATE MODEL name LIKE model [WITH …]` */
export interface CreateModelStatement {
  readonly kind: 'createModel';
  readonly span: Span;
  readonly model: Reference;
  /** null with LIKE. */
  readonly from: StringLiteral | null;
  /** null with FROM. */
  readonly like: Reference | null;
  readonly attributes: readonly Attribute[];
}

/** `SHOW MODELS [LIKE 'pattern']` */
export interface ShowModelsStatement {
  readonly kind: 'showModels';
  readonly span: Span;
  readonly like: StringLiteral | null;
}

/** `DESCRIBE MODEL name` */
export interface DescribeModelStatement {
  readonly kind: 'describeModel';
  readonly span: Span;
  readonly model: Reference;
}

/** `DROP MODEL [IF EXISTS] name` */
export interface DropModelStatement {
  readonly kind: 'dropModel';
  readonly span: Span;
  readonly model: Reference;
  readonly ifExists: boolean;
}

/** `SET MODEL name VERSION n` */
export interface SetModelStatement {
  readonly kind: 'setModel';
  readonly span: Span;
  readonly model: Reference;
  readonly version: { readonly value: number; readonly span: Span };
}

/** `SHOW TRAIN model` */
export interface ShowTrainStatement {
  readonly kind: 'showTrain';
  readonly span: Span;
  readonly model: Reference;
}

/** `SHOW TRIALS model`: of the search that has found it. */
export interface ShowTrialsStatement {
  readonly kind: 'showTrials';
  readonly span: Span;
  readonly model: Reference;
}

/** The query before `TO`, byte for byte, never parsed. */
export interface Query {
  readonly text: string;
  readonly span: Span;
  readonly facts: Facts;
}

/** `[registry[:port]/]path[:tag][@digest]` */
export interface ImageReference {
  /** As written, without quotes. */
  readonly text: string;
  /** Registry and path, without tag and digest. */
  readonly name: string;
  readonly tag: string | null;
  readonly digest: string | null;
  readonly span: Span;
}

/** The name of an estimator, model, explainer, solver or column; unquoted. */
export interface Reference {
  readonly text: string;
  readonly span: Span;
}

/** `COLUMN value {, value} [FOR name]`; the name is null for an estimator's only set of columns. */
export interface ColumnClause {
  readonly name: Reference | null;
  readonly columns: readonly Value[];
  readonly span: Span;
}

/** `expression [GROUP BY name]` of CONSTRAINT. */
export interface Constraint {
  readonly expression: Value;
  readonly groupBy: Reference | null;
  readonly span: Span;
}

export interface StringLiteral {
  readonly kind: 'string';
  /** The value, escapes resolved. */
  readonly value: string;
  readonly span: Span;
}

/** `database.table`; unquoted here, even if quoted in the text. */
export interface TableName {
  readonly database: string | null;
  readonly table: string;
  readonly span: Span;
}

/** `table`, `table.column` or `database.table.column`; unquoted. */
export interface PredictionTarget extends TableName {
  readonly column: string | null;
}

/** `name = value` of a WITH clause; names may be dotted (`train.epoch`). */
export interface Attribute {
  readonly name: string;
  readonly nameSpan: Span;
  readonly value: Value;
  readonly span: Span;
}

export type Value =
  | StringLiteral
  | { readonly kind: 'number'; readonly value: number; readonly text: string; readonly span: Span }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly span: Span }
  | { readonly kind: 'null'; readonly span: Span }
  | { readonly kind: 'list'; readonly items: readonly Value[]; readonly span: Span }
  | Expression;

export type ExpressionForm = 'name' | 'call' | 'unary' | 'binary' | 'bracket';

/** Any other expression. */
export interface Expression {
  readonly kind: 'expression';
  readonly form: ExpressionForm;
  /** The name, the function's name or the operator in upper case; `(` of a bracket. */
  readonly head: string;
  readonly operands: readonly Value[];
  /** Canonical text: `SUM(a * b) <= 100`. */
  readonly text: string;
  readonly span: Span;
}
