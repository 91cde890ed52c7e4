import { parentPort } from 'node:worker_threads';
import { errorRecord } from '../../errors.ts';
import type { FromThread, ToThread } from './inference.ts';
import type { ImageModel, OutputTensor } from './model.ts';

// `session.run` blocks the thread that calls it, hence one of its own.

/** A loaded model, and how what it says of a picture is read. */
export interface ServedModel<Model extends ImageModel, Found> {
  readonly model: Model;
  run(input: Float32Array, pictures: number): Promise<OutputTensor>;
  /** null: it is infinite or not a number. */
  read(output: OutputTensor, picture: number): Found | null;
}

/** What a thread of inference does: it opens its model and answers a batch after the other. */
export function serveInference<Model extends ImageModel, Found>(open: () => Promise<ServedModel<Model, Found>>): void {
  const port = parentPort!;
  const tell = (answer: FromThread<Model, Found>, transferred: ArrayBuffer[] = []) =>
    port.postMessage(answer, transferred);
  const serve = async () => {
    const served = await open();
    port.on('message', (batch: ToThread) => {
      infer(served, batch).then(
        (answer) => tell(answer, [batch.input.buffer as ArrayBuffer]),
        (error) => tell({ kind: 'failed', error: errorRecord(error) }),
      );
    });
    tell({ kind: 'ready', model: served.model });
  };
  serve().catch((error) => tell({ kind: 'failed', error: errorRecord(error) }));
}

async function infer<Model extends ImageModel, Found>(
  { model, run, read }: ServedModel<Model, Found>,
  { input, pictures }: ToThread,
): Promise<FromThread<Model, Found>> {
  const started = performance.now();
  const output = await run(input, model.batch ?? pictures);
  const inferMs = performance.now() - started;
  const found = Array.from({ length: pictures }, (_, picture) => read(output, picture));
  return { kind: 'inferred', found, inferMs, input };
}
