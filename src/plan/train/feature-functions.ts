/** What an argument of a function of COLUMN can be. */
export type Argument =
  /** A column's name. */
  | 'column'
  /** A column, or NUMERIC or DENSE of one. */
  | 'number'
  /** A column, or NUMERIC, DENSE or SPARSE of one. */
  | 'ids'
  /** A column, or a function that makes categories. */
  | 'category'
  /** A list of columns and categories. */
  | 'crossed'
  | 'boundaries'
  | 'size'
  | 'shape'
  | 'dimension'
  | 'separator'
  | 'combiner'
  | 'texts'
  /** SQLFlow's type of the values, which has no effect. */
  | 'type';

export interface FeatureFunction {
  /** An example of how it is written. */
  readonly form: string;
  /** What it makes. Only a feature, numbers and, in some estimators, a category can stand in COLUMN. */
  readonly makes: 'numbers' | 'category' | 'list' | 'feature';
  /** Number of arguments that cannot be left out. */
  readonly least: number;
  /** Its arguments in order. */
  readonly takes: readonly Argument[];
}

/** The functions of COLUMN: trainer/millrace_trainer/features/resolve.py. */
export const featureFunctions: Readonly<Record<string, FeatureFunction>> = {
  NUMERIC: {
    form: 'NUMERIC(column)',
    makes: 'numbers',
    least: 1,
    takes: ['column', 'shape', 'separator', 'type'],
  },
  DENSE: {
    form: 'DENSE(column, 4, COMMA)',
    makes: 'numbers',
    least: 1,
    takes: ['column', 'shape', 'separator', 'type'],
  },
  BUCKET: { form: 'BUCKET(column, [10, 20])', makes: 'category', least: 2, takes: ['number', 'boundaries'] },
  CATEGORY_ID: {
    form: 'CATEGORY_ID(column, 100)',
    makes: 'category',
    least: 2,
    takes: ['ids', 'size', 'separator'],
  },
  SEQ_CATEGORY_ID: {
    form: 'SEQ_CATEGORY_ID(column, 100)',
    makes: 'category',
    least: 2,
    takes: ['ids', 'size', 'separator'],
  },
  CATEGORY_HASH: { form: 'CATEGORY_HASH(column, 1000)', makes: 'category', least: 2, takes: ['ids', 'size'] },
  VOCABULARY: { form: "VOCABULARY(column, ['a', 'b'])", makes: 'category', least: 1, takes: ['column', 'texts'] },
  CROSS: { form: 'CROSS([a, b], 1000)', makes: 'category', least: 2, takes: ['crossed', 'size'] },
  INDICATOR: { form: 'INDICATOR(CATEGORY_ID(column, 100))', makes: 'feature', least: 1, takes: ['category'] },
  EMBEDDING: {
    form: 'EMBEDDING(CATEGORY_HASH(column, 1000), 8)',
    makes: 'feature',
    least: 2,
    takes: ['category', 'dimension', 'combiner', 'type'],
  },
  SPARSE: {
    form: 'SPARSE(column, 1000, COMMA)',
    makes: 'list',
    least: 1,
    takes: ['column', 'shape', 'separator', 'type', 'separator', 'type'],
  },
  WEIGHTED_CATEGORY: {
    form: 'WEIGHTED_CATEGORY(CATEGORY_HASH(SPARSE(…), 100))',
    makes: 'category',
    least: 1,
    takes: ['category'],
  },
};

/** Words for separators, which are also written as one character. */
export const separators: readonly string[] = ['COMMA', 'SEMICOLON', 'COLON', 'SPACE', 'TAB'];
export const combiners: readonly string[] = ['sum', 'mean', 'sqrtn'];
export const mostCategories = 10_000_000;
export const mostDimensions = 4096;
export const mostCrossed = 16;
