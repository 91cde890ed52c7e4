import '../../model/runtime-environment.ts';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { MillraceError } from '../../../errors.ts';
import type { OnnxFile } from '../../../onnx/onnx-file.ts';
import { readModelFile } from '../../model/model-file.ts';
import { refusedModel } from '../../model/runtime-errors.ts';
import { runtimeReason } from '../../model/runtime-reason.ts';
import { readTabular, type TabularModel, type TensorInput } from './read-tabular.ts';

export interface TabularSettings {
  readonly modelFile: string;
  /** The folder that no link may lead out of; null: the file is the caller's own. */
  readonly modelRoot: string | null;
  /** Threads of inference. */
  readonly threads: number;
}

/** The values of an input: numbers, or texts. NULL is NaN or an empty text. */
export type InputColumn = Float64Array | readonly string[];

/** What the model says of rows. */
export interface Predicted {
  /** For each row in turn, its values: one, unless the model has more. */
  readonly values: ArrayLike<number | bigint | string>;
  /** `[rows, classes or clusters]`, or `[rows]`; null if they were not asked for, or the model has none. */
  readonly scores: ArrayLike<number> | null;
}

export interface TabularSession {
  readonly model: TabularModel;
  /** Names of files beside the model's that hold its weights. */
  readonly weights: readonly string[];
  /** @param columns in the order of the model's inputs @throws {MillraceError} INFERENCE_FAILED */
  run(columns: readonly InputColumn[], rows: number, withScores: boolean): Promise<Predicted>;
  close(): Promise<void>;
}

// Its messages name paths inside packages; what goes wrong is thrown as well.
env.logLevel = 'fatal';

/** Loads a model that reads columns. @throws {MillraceError} MODEL_MISSING, MODEL_UNREADABLE, MODEL_UNSUPPORTED, OUTSIDE_VOLUMES */
export async function openTabular({ modelFile, modelRoot, threads }: TabularSettings): Promise<TabularSession> {
  const file = await readModelFile(modelFile, modelRoot);
  const model = tabularOf(file);
  const options = { executionProviders: ['cpu'], intraOpNumThreads: threads, interOpNumThreads: 1 };
  const session = await InferenceSession.create(file.path, options).catch((cause) => {
    throw refusedModel(file.named, cause);
  });
  const { predicted, scores } = model.outputs;
  return {
    model,
    weights: [...file.externalFiles.keys()],
    run: async (columns, rows, withScores) => {
      const asked = withScores ? scores : null;
      const feeds = model.inputs.map((input, at) => [input.name, tensorOf(input, columns[at]!, rows)]);
      const answered = await session
        .run(Object.fromEntries(feeds), asked === null ? [predicted] : [predicted, asked])
        .catch((cause) => {
          throw inferenceFailed(cause);
        });
      return {
        values: (answered[predicted] as Tensor).data as Predicted['values'],
        scores: asked === null ? null : ((answered[asked] as Tensor).data as Float32Array),
      };
    },
    close: () => session.release(),
  };
}

/** @throws {MillraceError} MODEL_UNSUPPORTED */
export function tabularOf(file: OnnxFile): TabularModel {
  const model = readTabular(file);
  if (model !== null) return model;
  const inputs = file.inputs.map(({ name, type, shape }) => `${name} (${type ?? '?'} [${shape?.join(', ') ?? '?'}])`);
  const message = `the model does not read columns of a table: its inputs are ${inputs.join(', ') || 'none'}`;
  throw new MillraceError('MODEL_UNSUPPORTED', message, {
    hint: 'export it with one input [n, 1] for each column, named as the column',
  });
}

function tensorOf({ type, rank }: TensorInput, column: InputColumn, rows: number): Tensor {
  const dims = rank === 1 ? [rows] : [rows, 1];
  if (!(column instanceof Float64Array)) return new Tensor('string', [...column], dims);
  switch (type) {
    case 'float64':
      return new Tensor('float64', column, dims);
    case 'int64':
      return new Tensor(
        'int64',
        BigInt64Array.from(column, (value) => BigInt(Math.trunc(value))),
        dims,
      );
    case 'int32':
      return new Tensor('int32', Int32Array.from(column), dims);
    case 'bool':
      return new Tensor(
        'bool',
        Uint8Array.from(column, (value) => Number(value !== 0)),
        dims,
      );
    default:
      return new Tensor('float32', Float32Array.from(column), dims);
  }
}

function inferenceFailed(cause: unknown): MillraceError {
  return new MillraceError('INFERENCE_FAILED', `the runtime fails on these rows: ${runtimeReason(cause)}`, {
    hint: 'compare the values with those that the model was trained on',
    cause,
  });
}
