import type { LogFilter } from '../engine/engine.ts';
import { errorKinds } from '../errors.ts';
import { hasEnded } from '../ledger/statement-states.ts';
import type { ListFilter } from '../service/service.ts';
import type { Statement } from '../service/statement.ts';
import { drawTable } from './drawing.ts';
import { exitCodeOfEnd, followStatement } from './follow.ts';
import { logText } from './log-text.ts';
import { type Place, withService } from './open-service.ts';
import type { Output } from './output.ts';
import { formatRows } from './result-table.ts';
import { statementTable } from './statement-table.ts';
import { summaryLines } from './summary.ts';

/** `millrace list`: lists statements, newest first. */
export function listStatements(filter: ListFilter, place: Place, output: Output): Promise<number> {
  return withService(place, output.note, async (service) => {
    const statements = await service.list(filter);
    if (output.json) for (const statement of statements) output.write(statement);
    else output.line(formatRows(['id', 'state', 'submitted', 'by', 'images', 'statement'], statements.map(listRow)));
    return 0;
  });
}

function listRow({ id, state, submittedAt, submittedBy, progress, sql }: Statement): readonly unknown[] {
  const images = progress === null ? '' : `${progress.done}/${progress.total}`;
  return [id, state, submittedAt.slice(0, 19).replace('T', ' '), submittedBy, images, sql.replace(/\s+/g, ' ').trim()];
}

/** `millrace status ID` */
export function showStatus(id: string, place: Place, output: Output): Promise<number> {
  return withService(place, output.note, async (service) => {
    const statement = await service.status(id);
    if (output.json) output.write(statement);
    else for (const line of statusLines(statement)) output.line(line);
    return 0;
  });
}

function statusLines(statement: Statement): readonly string[] {
  const { error, labels, links } = statement;
  return [
    ...statementTable(statement, new Date()),
    ...(error?.hint ? [`  ${error.hint}`] : []),
    ...Object.entries(labels).map(([name, value]) => `label ${name}:${value}`),
    ...[links.argo, links.grafana].filter((link) => link !== null),
  ];
}

/** `millrace watch ID`: follows a statement to its end. Ctrl-C stops watching and does not affect the statement. */
export function watchStatement(id: string, place: Place, output: Output): Promise<number> {
  return withService(place, output.note, async (service) => {
    const leaving = new AbortController();
    const leave = () => leaving.abort();
    process.once('SIGINT', leave).once('SIGTERM', leave);
    const drawing = drawTable(output.progress);
    let last: Statement | null = null;
    for await (const statement of service.events(id, leaving.signal)) {
      last = statement;
      if (output.json) output.write(statement);
      else drawing.show(statement);
    }
    drawing.end();
    if (last === null || !hasEnded(last)) return errorKinds.cancelled.exitCode;
    if (!output.json) for (const line of summaryLines(last)) output.note(line);
    return exitCodeOfEnd(last);
  });
}

/** `millrace logs ID`: prints logs as text for people, or with --json each line as it was written. */
export function showLogs(id: string, filter: LogFilter, place: Place, output: Output): Promise<number> {
  return withService(place, output.note, async (service) => {
    for await (const line of service.logs(id, filter)) {
      if (output.json) output.write(line);
      else output.line(logText(line));
    }
    return 0;
  });
}

/** `millrace cancel ID` */
export function cancelStatement(id: string, place: Place, output: Output): Promise<number> {
  return withService(place, output.note, async (service) => {
    await service.cancel(id);
    output.note(`${id} is being cancelled; to resume it, run millrace retry ${id}`);
    return 0;
  });
}

/** `millrace retry ID`: resumes a statement and follows it to its end. */
export function retryStatement(
  id: string,
  options: { readonly repeat: boolean },
  place: Place,
  output: Output,
): Promise<number> {
  return withService(place, output.note, async (service) => {
    await service.retry(id, options);
    return followStatement(service, id, output);
  });
}
