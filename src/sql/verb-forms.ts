/** A verb as the user knows it: its clauses in order, the required ones, and its form on one line. */
export interface VerbForm {
  readonly clauses: readonly string[];
  readonly required: readonly string[];
  readonly form: string;
}

/** By the verb's type, or by both words of a statement about models. The grammar decides; these are for its error messages. */
export const verbForms: Readonly<Record<string, VerbForm>> = {
  RUN: {
    clauses: ['CMD', 'WITH', 'INTO'],
    required: [],
    form: 'TO RUN image [CMD string, …] [WITH name = value, …] [INTO table, …]',
  },
  TRAIN: {
    clauses: ['WITH', 'COLUMN', 'LABEL', 'USING', 'INTO'],
    required: ['INTO'],
    form: 'TO TRAIN estimator [WITH name = value, …] [COLUMN column, … [FOR name]] [LABEL name] [USING model] INTO model',
  },
  PREDICT: {
    clauses: ['WITH', 'USING'],
    required: ['USING'],
    form: 'TO PREDICT table[.column] [WITH name = value, …] USING model',
  },
  EXPLAIN: {
    clauses: ['WITH', 'USING', 'INTO'],
    required: [],
    form: 'TO EXPLAIN model [WITH name = value, …] [USING explainer] [INTO table]',
  },
  EVALUATE: {
    clauses: ['WITH', 'LABEL', 'INTO'],
    required: ['LABEL', 'INTO'],
    form: 'TO EVALUATE model [WITH name = value, …] LABEL name INTO table',
  },
  FIND: {
    clauses: ['WITH', 'USING', 'INTO'],
    required: ['INTO'],
    form: 'TO FIND expression [WITH name = value, …] [USING model, …] INTO table',
  },
  OPTIMIZE: {
    clauses: ['CONSTRAINT', 'WITH', 'USING', 'INTO'],
    required: ['WITH', 'INTO'],
    form: 'TO MAXIMIZE expression [CONSTRAINT expression [GROUP BY name], …] WITH name = value, … [USING solver] INTO table',
  },
  'SHOW TRAIN': { clauses: [], required: [], form: 'SHOW TRAIN model' },
  'SHOW TRIALS': { clauses: [], required: [], form: 'SHOW TRIALS model' },
  'CREATE MODEL': {
    clauses: ['WITH'],
    required: [],
    form: "CREATE MODEL name FROM 'file' [WITH name = value, …], or CREATE MODEL name LIKE model [WITH name = value, …]",
  },
  'SHOW MODELS': { clauses: [], required: [], form: "SHOW MODELS [LIKE 'pattern']" },
  'DESCRIBE MODEL': { clauses: [], required: [], form: 'DESCRIBE MODEL name' },
  'DROP MODEL': { clauses: [], required: [], form: 'DROP MODEL [IF EXISTS] name' },
  'SET MODEL': { clauses: [], required: [], form: 'SET MODEL name VERSION number' },
};

export const clauseWords: ReadonlySet<string> = new Set(Object.values(verbForms).flatMap(({ clauses }) => clauses));
