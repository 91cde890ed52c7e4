/** A query that was answered at once may be recorded after its answer only if its id is not older than this. */
const answeredMs = 1_000;

/** How long after that it may take to record it. */
const recordedMs = 4_000;

/** Whether a server may answer a query with this id before it is recorded: other servers look for it for some time. */
export function isNew(id: string): boolean {
  return ageOf(id) < answeredMs;
}

/** Whether another server may have answered a query with this id and not recorded it yet. */
export function mayBeUnrecorded(id: string): boolean {
  return ageOf(id) < answeredMs + recordedMs;
}

/** Milliseconds since an id was made, by the time in it, on any server's clock: https://www.rfc-editor.org/rfc/rfc9562#section-5.7 */
function ageOf(id: string): number {
  if (id[14] !== '7') return Number.POSITIVE_INFINITY;
  return Math.abs(Date.now() - Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}
