/** The reason in a message of the runtime: one line, without places in its sources and the file's path. */
export function runtimeReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = afterLast(afterLast(message, 'Status Message:'), ' failed:').split(/\s+/).join(' ').trim();
  const told = line.startsWith('/onnxruntime_src/') ? afterSignature(line) : line;
  const reason = told.replace(/^Fatal error: /, '');
  return reason.length > 300 ? `${reason.slice(0, 299)}…` : reason;
}

function afterLast(text: string, mark: string): string {
  const at = text.lastIndexOf(mark);
  return at < 0 ? text : text.slice(at + mark.length);
}

/**
 * What follows `FILE:LINE TYPE FUNCTION(PARAMETERS) const [with T = TYPE] `, as `CodeLocation::ToString` writes it:
 * https://github.com/microsoft/onnxruntime/blob/main/include/onnxruntime/core/common/code_location.h
 */
function afterSignature(line: string): string {
  const parameters = afterBrackets(line, '(', ')').trimStart();
  const rest = parameters.startsWith('const ') ? parameters.slice('const '.length) : parameters;
  return (rest.startsWith('[with ') ? afterBrackets(rest, '[', ']') : rest).trim();
}

/** What follows the first pair of brackets and those inside it; all of the text if there is no such pair. */
function afterBrackets(text: string, opening: string, closing: string): string {
  let depth = 0;
  for (let at = text.indexOf(opening); at >= 0 && at < text.length; at++) {
    if (text[at] === opening) depth++;
    else if (text[at] === closing && --depth === 0) return text.slice(at + 1);
  }
  return text;
}
