import type { Program } from '../../src/sql/statement.ts';

/** A program's statements without their places in the text. */
export const partsOfProgram = ({ statements }: Program): unknown =>
  JSON.parse(JSON.stringify(statements, (key, value) => (key === 'span' || key === 'nameSpan' ? undefined : value)));
