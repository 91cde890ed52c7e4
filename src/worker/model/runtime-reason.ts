/** The reason in a message of the runtime: one line, without places in its sources and the file's path. */
export function runtimeReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = afterLast(afterLast(message, 'Status Message:'), ' failed:').split(/\s+/).join(' ').trim();
  const told = line.startsWith('/onnxruntime_src/') ? afterLast(line, '&) ') : line;
  const reason = told.replace(/^Fatal error: /, '');
  return reason.length > 300 ? `${reason.slice(0, 299)}…` : reason;
}

function afterLast(text: string, mark: string): string {
  const at = text.lastIndexOf(mark);
  return at < 0 ? text : text.slice(at + mark.length);
}
