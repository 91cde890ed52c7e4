export const verbs = ['RUN', 'TRAIN', 'PREDICT', 'EXPLAIN', 'EVALUATE', 'FIND', 'MAXIMIZE', 'MINIMIZE'] as const;

/** Words that cannot be an unquoted name in a clause. */
export const clauseKeywords = [
  'AND',
  'BY',
  'CMD',
  'COLUMN',
  'CONSTRAINT',
  'FOR',
  'GROUP',
  'INTO',
  'LABEL',
  'NOT',
  'OR',
  'SELECT',
  'TO',
  'USING',
  'WITH',
] as const;

/** Words that are keywords only in statements about models, by the first word of the statement. */
export const modelKeywords: Readonly<Record<string, readonly string[]>> = {
  CREATE: ['FROM', 'LIKE'],
  SHOW: ['LIKE'],
  DESCRIBE: [],
  DROP: ['IF', 'EXISTS'],
  SET: ['VERSION'],
};

const keywords = new Set<string>(clauseKeywords);

/** @param word in upper case */
export const isClauseKeyword = (word: string): boolean => keywords.has(word);
