export const verbs = ['RUN', 'TRAIN', 'PREDICT', 'EXPLAIN', 'EVALUATE', 'MAXIMIZE', 'MINIMIZE'] as const;

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

const keywords = new Set<string>(clauseKeywords);

/** @param word in upper case */
export const isClauseKeyword = (word: string): boolean => keywords.has(word);
