import { describe, expect, it } from 'vitest';
import type { Inference, Inferred, ToThread } from '../../../../src/worker/model/inference.ts';
import type { AskedModel } from '../../../../src/worker/programs/find/asked-model.ts';
import { type Lot, questionBatches } from '../../../../src/worker/programs/find/question-batches.ts';

const size = { width: 1, height: 1 };

/** A stand-in for a model on a GPU: a picture is a byte, and what it sees is that byte as a class. It answers when it is told to. */
function standIn(batch: number, changes: Partial<Inference> = {}) {
  const batches: number[][] = [];
  const running: (() => void)[] = [];
  const inference: Inference = {
    device: 'cuda',
    notOnGpu: null,
    notEdited: null,
    batch,
    threads: 1,
    infer: ({ pixels }: ToThread) =>
      new Promise<Inferred>((resolve) => {
        const bytes = pixels.map(([byte]) => byte!);
        batches.push(bytes);
        const data = Float32Array.from(bytes);
        running.push(() => resolve({ outputs: new Map([['seen', { data, dims: [bytes.length] }]]), inferMs: 8 }));
      }),
    close: async () => {},
    ...changes,
  };
  const model: AskedModel = {
    inference,
    input: { placement: 'letterbox', padding: 0, size, stride: null },
    isPadded: true,
    finds: 'a byte',
    digest: '',
    key: null,
    floor: 0,
    isErring: false,
    read: (outputs, picture) => [{ classId: outputs.get('seen')!.data[picture]!, score: 1 }],
    count: () => new Map(),
    idsOf: () => [],
  };
  const answer = async () => {
    running.shift()!();
    await new Promise(setImmediate);
  };
  return { model, batches, answer, running };
}

const slot = (byte: number) => {
  const place = new Uint8Array(new SharedArrayBuffer(1));
  place[0] = byte;
  return place;
};

describe('questions to models', () => {
  it('wait for a full batch, which pictures of several pages fill', async () => {
    const { model, batches, answer } = standIn(4);
    const questions = questionBatches([model]);
    const [first, second] = [questions.begin(6), questions.begin(6)];
    const ask = (byte: number, lot: Lot) => questions.ask(model, slot(byte), lot);
    const asked = [1, 2, 3].map((byte) => ask(byte, first));
    expect(batches).toEqual([]);
    asked.push(ask(4, second));
    expect(batches).toEqual([[1, 2, 3, 4]]);
    await answer();
    expect((await Promise.all(asked)).map(({ seen, inferMs }) => [seen?.[0]?.classId, inferMs])).toEqual([
      [1, 2],
      [2, 2],
      [3, 2],
      [4, 2],
    ]);
  });

  it('do not wait if no other picture of the oldest page can join them; pictures of other pages go with them', async () => {
    const [quick, slow] = [standIn(4), standIn(4)];
    const questions = questionBatches([quick.model, slow.model]);
    const [first, second] = [questions.begin(5), questions.begin(3)];
    const asked = [1, 2, 3, 4].map((byte) => questions.ask(quick.model, slot(byte), first));
    void questions.ask(slow.model, slot(9), second);
    questions.decided(first);
    await quick.answer();
    await Promise.all(asked);
    // Two are decided, two are asked about again.
    questions.decided(first);
    void questions.ask(slow.model, slot(3), first);
    void questions.ask(slow.model, slot(4), first);
    expect(slow.batches).toEqual([]);
    questions.decided(first);
    expect(slow.batches).toEqual([[9, 3, 4]]);
  });

  it('of one page alone take at most one batch of each model that is not full', async () => {
    const chain = [standIn(4), standIn(4), standIn(4)];
    const questions = questionBatches(chain.map(({ model }) => model));
    const lot = questions.begin(10);
    const life = async (byte: number) => {
      for (const { model } of chain.slice(0, byte % 4 === 0 ? 3 : 1)) await questions.ask(model, slot(byte), lot);
      questions.decided(lot);
    };
    const lives = Array.from({ length: 10 }, (_, byte) => life(byte));
    let isOver = false;
    void Promise.all(lives).then(() => {
      isOver = true;
    });
    while (!isOver) {
      await new Promise(setImmediate);
      for (const { running, answer } of chain) if (running.length > 0) await answer();
    }
    expect(chain.map(({ batches }) => batches.map(({ length }) => length))).toEqual([[4, 4, 2], [3], [3]]);
  });

  it('wait while each thread of a GPU infers one batch and has another one ready', async () => {
    const { model, batches, answer } = standIn(1, { threads: 2 });
    const questions = questionBatches([model]);
    const lot = questions.begin(6);
    const asked = [1, 2, 3, 4, 5, 6].map((byte) => questions.ask(model, slot(byte), lot));
    expect(batches).toHaveLength(4);
    for (let answers = 0; answers < 6; answers++) await answer();
    await Promise.all(asked);
    expect(batches).toHaveLength(6);
  });

  it('share the CPU: later models come first', async () => {
    const [one, other] = [standIn(1, { device: 'cpu' }), standIn(1, { device: 'cpu' })];
    const questions = questionBatches([one.model, other.model]);
    const lot = questions.begin(4);
    for (const byte of [1, 2, 3]) void questions.ask(one.model, slot(byte), lot);
    void questions.ask(other.model, slot(4), lot);
    expect([one.batches, other.batches]).toEqual([[[1], [2]], []]);
    await one.answer();
    expect([one.batches, other.batches]).toEqual([[[1], [2]], [[4]]]);
  });

  it('fail together with their batch', async () => {
    const { model } = standIn(2, { infer: () => Promise.reject(new Error('the GPU is gone')) });
    const questions = questionBatches([model]);
    const lot = questions.begin(2);
    const asked = [1, 2].map((byte) => questions.ask(model, slot(byte), lot));
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
