import { type ErrorRecord, errorRecord, MillraceError } from '../../../errors.ts';
import { workerError } from '../../worker-error.ts';
import { quotaPattern, quotaWords } from './quota-words.ts';

interface Reason {
  readonly pattern: RegExp;
  readonly error: (found: RegExpExecArray, who: string) => MillraceError;
}

const kept = 'completed work is kept; retry to continue';

/** Translates what Argo and the kubelet write into a node's message. The first match counts. */
const reasons: readonly Reason[] = [
  {
    // A workflow's deadline on Argo and on the tests' stand-in for it; a pod's deadline: pkg/kubelet/active_deadline.go.
    pattern: /exceeded its deadline|Max duration limit exceeded|longer than the specified deadline/,
    error: (_found, who) =>
      new MillraceError('TIMED_OUT', `${who} took longer than its timeout`, { hint: `${kept}, or raise the timeout` }),
  },
  {
    pattern: /shutdown with strategy|Stopped with strategy|terminated with strategy/i,
    error: (_found, who) => new MillraceError('CANCELLED', `${who} was cancelled`),
  },
  {
    pattern: /OOMKilled/,
    error: (_found, who) =>
      failed(`${who} ran out of memory`, `request more, such as WITH memory = '8Gi', or a smaller batch_size; ${kept}`),
  },
  {
    pattern: /low on resource: ([\w-]+)/,
    error: ([, resource], who) => failed(`${who} was evicted: its node was low on ${resource}`, kept),
  },
  {
    pattern: /pod deleted|imminent node shutdown|evict|preempt/i,
    error: ([what], who) => failed(`a pod of ${who} was removed: ${what.toLowerCase()}`, kept),
  },
  {
    pattern: quotaPattern,
    error: (found, who) =>
      failed(`a pod of ${who} was rejected: ${quotaWords(found)}`, 'request less, or raise the quota'),
  },
  // What the API server writes if it rejects a pod: plugin/pkg/admission of k8s.io/kubernetes.
  {
    pattern: /is forbidden: \[?((?:minimum|maximum) [^[\]]+)/,
    error: ([, limits], who) =>
      failed(
        `a pod of ${who} does not fit into the namespace's limits: ${limits}`,
        'request less, or change the LimitRange',
      ),
  },
  {
    pattern:
      /no PriorityClass with name (\S+) was found|RuntimeClass "([^"]+)" not found|serviceaccount "([^"]+)" not found/,
    error: ([, priority, runtime, account], who) => {
      const missing =
        priority !== undefined
          ? `priority class ${priority}`
          : runtime !== undefined
            ? `runtime class ${runtime}`
            : `service account ${account}`;
      return failed(`a pod of ${who} was rejected: the ${missing} does not exist`, 'create it, or correct the profile');
    },
  },
  {
    pattern: /\(exit code (\d+)\)/,
    error: ([, code], who) => failed(`a worker of ${who} ended with exit code ${code}`, `see millrace logs; ${kept}`),
  },
];

/**
 * Why a step failed: the error that its worker logged, if the message contains it, or else the meaning of the message.
 * @param who name of the step for users
 */
export function nodeFailure(message: string, who: string): ErrorRecord {
  return errorRecord(workersError(message) ?? meaning(message, who));
}

/** Whether the pod only says that the worker's earlier pods got no further: these say why. */
export function isStandstill({ message = '' }: { readonly message?: string | undefined }): boolean {
  return workersError(message)?.code === 'NO_PROGRESS';
}

function meaning(message: string, who: string): MillraceError {
  for (const { pattern, error } of reasons) {
    const found = pattern.exec(message);
    if (found !== null) return error(found, who);
  }
  return failed(message === '' ? `${who} failed` : `${who} failed: ${message}`, `see millrace logs; ${kept}`);
}

function failed(message: string, hint: string): MillraceError {
  return new MillraceError('WORKER_FAILED', message, { hint });
}

/** The last JSON line with an error, as in `main: Error (exit code 65): {…}`. Argo's executor adds lines after it. */
function workersError(message: string): MillraceError | null {
  const start = message.indexOf('): ');
  if (start < 0) return null;
  const lines = message.slice(start + 3).split('\n');
  return lines.map(workerError).findLast((error) => error !== null) ?? null;
}
