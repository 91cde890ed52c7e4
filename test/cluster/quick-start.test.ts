import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { millrace, start } from '../cli/millrace.ts';
import { eventsOf, readEvents, type ServerSentEvent } from '../server/read-events.ts';
import { canBuildImages } from './build-image.ts';
import { kubectl } from './kubectl.ts';
import { namespace, useQuickStart } from './use-quick-start.ts';

const detect = (into: string, attributes = 'partitions = 2') => `SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets/demo"
WITH ${attributes}
INTO demo.${into};`;

/** What the local engine finds: the README's demo. */
const [, detections] = /^demo\.detections: (\d+) detections in 200 images$/m.exec(
  readFileSync(new URL('../../README.md', import.meta.url), 'utf8'),
)!;

describe.skipIf(!canBuildImages)(
  'deploy/quick-start.yaml (skipped where ../shared/cluster cannot build its images)',
  () => {
    const quickStart = useQuickStart();

    async function submit(sql: string): Promise<string> {
      const answer = await quickStart.ask('/v1/statements', { body: { sql, wait: 0 } });
      const { id } = (await answer.json()) as { id: string };
      expect([answer.status, answer.headers.get('location')]).toEqual([202, `/v1/statements/${id}`]);
      return id;
    }

    it('has two replicas that are ready, and answers to its token alone', async () => {
      expect(await quickStart.replicas()).toHaveLength(2);
      for (const replica of await quickStart.replicas()) {
        const ready = await quickStart.ask('/readyz', { replica });
        expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', checks: { default: 'ok' } }]);
        const refused = await quickStart.ask('/v1/statements', {
          replica,
          headers: { authorization: 'Bearer mlr_other' },
        });
        expect(refused.status).toBe(401);
        expect((await quickStart.ask('/v1/statements', { replica })).status).toBe(200);
      }
    });

    it("runs the demo's statement, tells of it to its end, and gives its rows", async () => {
      const id = await submit(detect('detections'));
      const events = await eventsOf(await quickStart.ask(`/v1/statements/${id}/events`));
      expect(statesIn(events)).toEqual(['queued', 'running', 'succeeded']);
      const done = events.filter(({ event }) => event === 'progress').flatMap(({ data }) => data.progress?.done ?? []);
      expect(done.length).toBeGreaterThan(1);
      expect(done).toEqual(done.toSorted((a, b) => a - b));
      expect(events.at(-1)).toMatchObject({
        event: 'end',
        data: {
          state: 'succeeded',
          error: null,
          submittedBy: 'quick-start',
          progress: { done: 200, total: 200, failed: 0, detections: Number(detections) },
        },
      });
      const rows = await quickStart.query('SELECT image_id, detection_no, class_name FROM demo.detections');
      expect(rows).toHaveLength(Number(detections));
      const csv = await quickStart.ask(`/v1/statements/${id}/result?format=csv`);
      expect(recordsOf(await csv.text(), ['image_id', 'detection_no', 'class_name'])).toEqual(
        rows.map((row) => Object.values(row).join()).toSorted(),
      );
    });

    it('goes on telling of a statement when the replica that told of it is deleted', async () => {
      const [first, second] = await quickStart.replicas();
      const id = await submit(detect('followed', 'partitions = 2, cpu = 0.3, batch_size = 2'));
      const path = `/v1/statements/${id}/events`;
      const watch = start(['watch', id], quickStart.environment);
      const statuses = statusesUntil(watch.ended, () => quickStart.statusOf(`/v1/statements/${id}`));
      const begun: ServerSentEvent[] = [];
      for await (const event of readEvents(await quickStart.ask(path, { replica: first! }))) {
        begun.push(event);
        if (event.data.progress?.done > 0) break;
      }
      const telling = eventsOf(await quickStart.ask(path, { replica: first!, headers: after(begun) }));
      await quickStart.core.deleteNamespacedPod({ namespace, name: first!.metadata!.name! });
      const broken = [...begun, ...(await telling)];
      expect(broken.filter(({ event }) => event === 'end')).toEqual([]);
      const resumed = await eventsOf(await quickStart.ask(path, { replica: second!, headers: after(broken) }));
      expect(resumed.at(-1)).toMatchObject({ event: 'end', data: { state: 'succeeded', error: null } });
      expect(statesIn([...broken, ...resumed])).toEqual(['queued', 'running', 'succeeded']);

      expect(await watch.ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/^succeeded in /m) });
      expect(new Set(await statuses)).toEqual(new Set([200]));
      expect(await quickStart.query('SELECT COUNT(*) AS found FROM demo.followed')).toEqual([{ found: detections }]);
      const workflows = kubectl(['get', 'workflows', '-n', namespace, '-l', `millrace/statement=${id}`, '-o', 'name']);
      expect(workflows.out).toBe(`workflow.argoproj.io/millrace-${id}-1\n`);
      await expect.poll(async () => (await quickStart.replicas()).length, { timeout: 60_000 }).toBe(2);
    });

    it('serves the command line', async () => {
      const { environment } = quickStart;
      expect(await millrace(['doctor'], environment)).toMatchObject({ code: 0, stderr: 'all is well\n' });
      const query = 'SELECT COUNT(*) AS found, COUNT(DISTINCT image_id) AS images FROM demo.detections;';
      const run = await millrace(['run', query], environment);
      expect(run.code).toBe(0);
      expect(run.stdout).toMatch(new RegExp(`^ *${detections}  +200 *$`, 'm'));
      expect(await millrace(['models'], environment)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^ *demo\b/m),
      });
    });

    it('has had no container end or be killed', async () => {
      const { items } = await quickStart.core.listNamespacedPod({ namespace });
      const restarts = items.flatMap(({ metadata, status }) =>
        (status?.containerStatuses ?? []).map(({ restartCount }) => `${metadata!.name} ${restartCount}`),
      );
      expect(restarts.filter((line) => !line.endsWith(' 0'))).toEqual([]);
    });
  },
);

const statesIn = (events: readonly ServerSentEvent[]) =>
  events.filter(({ event }) => event === 'state').map(({ data }) => data.state);

/** So that what was told is not told again. */
function after(events: readonly ServerSentEvent[]): Record<string, string> {
  return { 'last-event-id': events.findLast(({ id }) => id !== null)!.id! };
}

/** Those columns of a CSV without quotes, a line each. */
function recordsOf(csv: string, columns: readonly string[]): readonly string[] {
  const [names, ...records] = csv
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));
  const places = columns.map((column) => names!.indexOf(column));
  return records.map((record) => places.map((place) => record[place]).join()).toSorted();
}

async function statusesUntil(end: Promise<unknown>, ask: () => Promise<number>): Promise<readonly number[]> {
  let over = false;
  void end.then(() => {
    over = true;
  });
  const statuses: number[] = [];
  for (; !over; await sleep(250)) statuses.push(await ask());
  return statuses;
}
