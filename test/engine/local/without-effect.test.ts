import { expect, it } from 'vitest';
import { mariadb } from '../../database.ts';
import { detect, ended, submit, useSession } from '../../use-session.ts';

const test = useSession(mariadb);

it("names options of a command that change nothing in the run's log", async () => {
  const program = detect(1, 'with_constraints')
    .replace('millrace/worker', 'hebafer/yolov5-sqlflow-variation:latest')
    .replace('"yolo"', '"run_yolov5_variation.py", "--latency=50", "--accuracy=0.75"');
  const id = await submit(test.session, program);
  expect(await ended(test.session, id)).toMatchObject({ state: 'succeeded' });
  const told: string[] = [];
  for await (const { text } of test.session.engine.logs(id)) told.push(text);
  expect(told.filter((line) => line.includes('without effect'))).toEqual([
    expect.stringContaining('["--latency","--accuracy"]'),
  ]);
});
