import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PictureTask } from '../../src/picture-task.ts';
import { openPictureProcesses, type PictureProcesses } from '../../src/service/pictures/picture-processes.ts';

const task = (what: string): PictureTask => ({
  ...{ folder: null, volumes: {}, value: Buffer.from(what), size: 100, format: 'webp' as const, known: [] },
});
const client = new AbortController().signal;

describe('the processes that decode pictures', () => {
  let program: string;
  const opened: PictureProcesses[] = [];
  const open = (changes: object) => {
    const processes = openPictureProcesses(process.env, { program, ...changes });
    opened.push(processes);
    return processes;
  };

  beforeAll(async () => {
    program = join(await mkdtemp(join(tmpdir(), 'decoder-')), 'stand-in.mjs');
    // A stand-in for a decoder: it crashes, hangs or answers with its environment as it is told.
    await writeFile(
      program,
      `process.on('message', ({ value }) => {
        const what = Buffer.from(value).toString();
        if (what === 'crash') process.abort();
        if (what === 'hang') for (;;);
        process.send({ kind: 'failed', code: null, message: process.pid + ' ' + Object.keys(process.env).join(' ') });
      });`,
    );
  });
  afterAll(() => {
    for (const each of opened) each.close();
  });

  it('fail only the picture that crashes its process', async () => {
    const processes = open({ atOnce: 2 });
    const answers = await Promise.allSettled(
      ['a', 'crash', 'b', 'crash', 'c'].map((what) => processes.show('ada', task(what), client)),
    );
    expect(answers.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect((answers[1] as PromiseRejectedResult).reason).toMatchObject({ code: 'PICTURE_UNREADABLE' });
  });

  it('end a picture that takes too long, and show the next one', async () => {
    const processes = open({ atOnce: 1, seconds: 1 });
    const late = processes.show('ada', task('hang'), client);
    const next = processes.show('ada', task('a'), client);
    await expect(late).rejects.toMatchObject({
      code: 'PICTURE_UNREADABLE',
      message: 'the picture took longer than 1 s',
    });
    expect((await next).kind).toBe('failed');
  });

  it('are used again, and get no secret of the database', async () => {
    const processes = openPictureProcesses(
      { ...process.env, MILLRACE_DATASOURCE: 'mysql://root:secret@localhost/', MILLRACE_BUCKETS: 'pictures' },
      { program, atOnce: 1 },
    );
    opened.push(processes);
    const told = async () => ((await processes.show('ada', task('a'), client)) as { message: string }).message;
    const first = await told();
    expect(await told()).toBe(first);
    expect(first).toContain('MILLRACE_BUCKETS');
    expect(first).not.toMatch(/DATASOURCE/);
  });

  it('do not begin a picture whose client has left', async () => {
    const processes = open({ atOnce: 1 });
    await expect(processes.show('ada', task('a'), AbortSignal.abort(new Error('left')))).rejects.toThrow('left');
  });
});
