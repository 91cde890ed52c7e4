/** What a model of a table's columns reads and says. */
export interface TabularFacts {
  /** The columns that it reads, by the names of its inputs. */
  readonly inputs: readonly TabularInput[];
  /** A class, a number (or several), or the number of a cluster. */
  readonly output: 'class' | 'value' | 'cluster';
  /** The column that it was trained to predict; null: not known, or none. */
  readonly label: string | null;
  /** What it was trained by, such as `xgboost.gbtree`; null: not known. */
  readonly estimator: string | null;
  /** The type of what it predicts. */
  readonly type: 'whole' | 'real' | 'text';
  /** Number of values that it says of a row. */
  readonly values: number;
  /** Whether it also says how probable each class is. */
  readonly hasProbabilities: boolean;
}

export interface TabularInput {
  readonly name: string;
  readonly kind: 'number' | 'text';
}
