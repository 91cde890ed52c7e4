import { expect, it } from 'vitest';
import { mariadb } from '../../database.ts';
import { detect, ended, submit, useSession } from '../../use-session.ts';

const test = useSession(mariadb);

it("names options of a command that change nothing in the run's log", async () => {
  const program = detect(1, 'with_constraints')
    .replace('millrace/worker', 'hebafer/yolov5-sqlflow-variation:latest')
    .replace(
      '"yolo"',
      '"run_yolov5_variation.py", "--dataset=coco_val", "--repository=ultralytics/yolov5", "--latency=5", "--accuracy=0.75", "--class_coverage=1,2,3,4,5"',
    );
  const id = await submit(test.session, program);
  expect(await ended(test.session, id)).toMatchObject({ state: 'succeeded' });
  const told: string[] = [];
  for await (const { text } of test.session.engine.logs(id)) told.push(text);
  expect(told.filter((line) => line.includes('without effect'))).toEqual([
    expect.stringContaining('["--dataset","--repository"]'),
  ]);
});
