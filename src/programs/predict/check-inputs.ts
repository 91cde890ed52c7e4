import type { ErrorCode } from '../../errors.ts';
import { nearestName } from '../../nearest-name.ts';
import type { TabularInput } from '../../tabular-model.ts';

/** A selected column, with what its values are to a model; the kind is absent where it is not known. */
export interface InputColumn {
  readonly name: string;
  readonly kind?: 'number' | 'text' | 'binary';
}

/** Why a model cannot read the selected columns. */
export interface InputProblem {
  readonly code: Extract<ErrorCode, 'UNKNOWN_COLUMN' | 'TRAIN_COLUMN_KIND'>;
  /** The selected column; null: it is not selected. */
  readonly column: string | null;
  readonly message: string;
  readonly hint: string;
}

/** Compares the columns that a model reads with the selected ones, whose names have no case. */
export function checkInputs(
  model: string,
  inputs: readonly TabularInput[],
  selected: readonly InputColumn[],
): readonly InputProblem[] {
  return inputs.flatMap((input) => {
    const column = selected.find(({ name }) => name.toLowerCase() === input.name.toLowerCase());
    if (column === undefined) return [notSelected(model, input, inputs, selected)];
    if (column.kind === undefined || column.kind === input.kind) return [];
    return [wrongKind(model, input, column.name, column.kind)];
  });
}

/** Only a column that the model does not read can be meant. */
function notSelected(
  model: string,
  { name }: TabularInput,
  inputs: readonly TabularInput[],
  selected: readonly InputColumn[],
): InputProblem {
  const read = new Set(inputs.map((each) => each.name.toLowerCase()));
  const others = selected.map((each) => each.name).filter((each) => !read.has(each.toLowerCase()));
  const nearest = nearestName(name, others);
  const hint = nearest === undefined ? `select ${name}` : `did you mean ${nearest}? Select it AS ${name}`;
  const message = `the model '${model}' reads the column '${name}', which the query does not select`;
  return { code: 'UNKNOWN_COLUMN', column: null, message, hint };
}

const words = { number: 'numbers', text: 'text', binary: 'binary data' } as const;

function wrongKind(
  model: string,
  input: TabularInput,
  column: string,
  kind: 'number' | 'text' | 'binary',
): InputProblem {
  const type = input.kind === 'number' ? 'DOUBLE' : 'CHAR';
  return {
    code: 'TRAIN_COLUMN_KIND',
    column,
    message: `the column '${column}' holds ${words[kind]}, and the model '${model}' reads ${words[input.kind]} there`,
    hint: `select CAST(${column} AS ${type}) AS ${column}`,
  };
}
