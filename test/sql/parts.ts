import type { Program } from '../../src/sql/statement.ts';

const ofText = new Set(['span', 'nameSpan', 'facts']);

/** A program's statements without their places in the text, and what is read of their standard SQL beside it. */
export const partsOfProgram = ({ statements }: Program): unknown =>
  JSON.parse(JSON.stringify(statements, (key, value) => (ofText.has(key) ? undefined : value)));
