import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { dump, load } from 'js-yaml';
import { describe, expect, it, onTestFinished } from 'vitest';
import { millrace, start } from '../cli/millrace.ts';
import { dashboards, rarePanels, readme, rules, targetsOf } from '../monitoring/deployed.ts';
import { prometheusAt } from '../monitoring/prometheus.ts';
import { eventsOf, readEvents, type ServerSentEvent } from '../server/read-events.ts';
import { canBuildImages } from './build-image.ts';
import { kubectl } from './kubectl.ts';
import { instance, startOwnArgo } from './start-own-argo.ts';
import { namespace, useQuickStart } from './use-quick-start.ts';

const detect = (into: string, attributes = 'partitions = 2') => `SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets/demo"
WITH ${attributes}
INTO demo.${into};`;

/** The results of the local engine: the README's demo. */
const [, detections] = /^demo\.\w+: (\d+) detections in 200 images$/m.exec(
  readFileSync(new URL('../../README.md', import.meta.url), 'utf8'),
)!;

const argo = process.env.MILLRACE_CLUSTER_ARGO;

describe.skipIf(!canBuildImages)(
  'deploy/quick-start.yaml (skipped where ../shared/cluster cannot build its images)',
  () => {
    const quickStart = useQuickStart();
    let followed: string;
    let followedFrom: number;

    async function submit(sql: string): Promise<string> {
      const answer = await quickStart.ask('/v1/statements', { body: { sql, wait: 0 } });
      const { id } = (await answer.json()) as { id: string };
      expect([answer.status, answer.headers.get('location')]).toEqual([202, `/v1/statements/${id}`]);
      return id;
    }

    it('has two ready replicas, and accepts only its token', async () => {
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

    it("runs the demo's statement, streams its events to the end, and returns its rows", async () => {
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
          progress: { done: 200, total: 200, failed: 0, outputs: Number(detections) },
        },
      });
      const rows = await quickStart.query('SELECT image_id, detection_no, class_name FROM demo.detections');
      expect(rows).toHaveLength(Number(detections));
      const csv = await quickStart.ask(`/v1/statements/${id}/result?format=csv`);
      expect(recordsOf(await csv.text(), ['image_id', 'detection_no', 'class_name'])).toEqual(
        rows.map((row) => Object.values(row).join()).toSorted(),
      );
    });

    it("continues a statement's events when the replica that streamed them is deleted", async () => {
      await expect.poll(async () => (await scraped())['millrace-server'], { timeout: 120_000, interval: 2000 }).toBe(2);
      const [first, second] = await quickStart.replicas();
      followedFrom = Date.now() / 1000;
      // It runs long enough to be scraped more than once.
      const id = await submit(detect('followed', 'partitions = 2, cpu = 0.1, commit_rows = 2'));
      followed = id;
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
      expect(await millrace(['doctor'], environment)).toMatchObject({ code: 0, stderr: 'all checks passed\n' });
      const query = 'SELECT COUNT(*) AS found, COUNT(DISTINCT image_id) AS images FROM demo.detections;';
      const run = await millrace(['run', query], environment);
      expect(run.code).toBe(0);
      expect(run.stdout).toMatch(new RegExp(`^ *${detections}  +200 *$`, 'm'));
      expect(await millrace(['models'], environment)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^ *demo\b/m),
      });
    });

    it.skipIf(!argo)(
      'has an Argo that runs statements under the restricted standard (skipped where MILLRACE_CLUSTER_ARGO has no programs of it)',
      async () => {
        const removeImages = await startOwnArgo(argo!);
        onTestFinished(removeImages);
        const explained = await quickStart.ask('/v1/explain', { body: { sql: detect('by_own_argo') } });
        const { workflow } = (await explained.json()) as { workflow: string };
        const object = load(workflow) as { metadata: { name: string; labels: object } };
        Object.assign(object.metadata.labels, instance);
        kubectl(['create', '--validate=strict', '-f', '-'], dump(object));
        const [, id] = /^millrace-(.{36})-1$/.exec(object.metadata.name)!;
        const statement = async () => (await quickStart.ask(`/v1/statements/${id}`)).json();
        await expect
          .poll(statement, { timeout: 240_000, interval: 2000 })
          .toMatchObject({ state: expect.stringMatching(/^(succeeded|failed)$/) });
        expect(await statement()).toMatchObject({ state: 'succeeded', error: null });
        const found = await quickStart.query('SELECT COUNT(*) AS found FROM demo.by_own_argo');
        expect(found).toEqual([{ found: detections }]);
      },
    );

    it('has a Prometheus that scrapes both replicas and Argo, with the rules of deploy/alerts', async () => {
      const expected = { 'millrace-server': 2, 'argo-workflow-controller': argo ? 1 : 0 };
      await expect.poll(scraped, { timeout: 120_000, interval: 2000 }).toEqual(expected);
      const answer = await fetch(`http://${quickStart.addresses.prometheus}/api/v1/rules`);
      const { data } = (await answer.json()) as { data: { groups: { rules: { name: string; health: string }[] }[] } };
      const loaded = data.groups.flatMap((group) => group.rules.map(({ name, health }) => `${name} ${health}`));
      expect(loaded.toSorted()).toEqual(rules.map(({ alert, record }) => `${alert ?? record} ok`).toSorted());
    });

    it.each(dashboards)('has what the dashboard "$title" asks for', async (dashboard) => {
      const unanswered = async () => {
        const silent: string[] = [];
        for (const { panel, expr } of targetsOf(dashboard)) {
          if (isNotHere(dashboard.title, panel, expr)) continue;
          const expression = expr.replaceAll('$__rate_interval', '1m').replaceAll('$statement', followed);
          const series = await prometheus().range(expression, followedFrom, Date.now() / 1000);
          if (!series.some(({ values }) => values.some(Number.isFinite))) silent.push(`${panel}: ${expression}`);
        }
        return silent;
      };
      // Two scrapes make a rate.
      await expect.poll(unanswered, { timeout: 90_000, interval: 5000 }).toEqual([]);
    });

    const scraped = async () => {
      const up = await prometheus().now('sum by (job) (up)');
      return Object.fromEntries(up.map(({ metric, value }) => [metric.job, value]));
    };

    const prometheus = () => prometheusAt(`http://${quickStart.addresses.prometheus}`);

    it('has containers that neither exited nor were killed', async () => {
      const { items } = await quickStart.core.listNamespacedPod({ namespace });
      const restarts = items.flatMap(({ metadata, status }) =>
        (status?.containerStatuses ?? []).map(({ restartCount }) => `${metadata!.name} ${restartCount}`),
      );
      expect(restarts.filter((line) => !line.endsWith(' 0'))).toEqual([]);
    });
  },
);

/** Metrics that may be absent: GPUs, rare events, trainings, of which there is none here, and Argo's own if the controller has none. */
function isNotHere(dashboard: string, panel: string, expression: string): boolean {
  if (readme('dashboards').includes(`\n- ${dashboard}: ${panel}\n`) || rarePanels.includes(panel)) return true;
  if (['millrace_statement_training_', 'millrace_statement_trials'].some((name) => expression.includes(name)))
    return true;
  return !argo && expression.includes('argo_');
}

const statesIn = (events: readonly ServerSentEvent[]) =>
  events.filter(({ event }) => event === 'state').map(({ data }) => data.state);

/** Request headers that resume a stream after the last event received. */
function after(events: readonly ServerSentEvent[]): Record<string, string> {
  return { 'last-event-id': events.findLast(({ id }) => id !== null)!.id! };
}

/** These columns of a CSV without quotes, one line per row. */
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
