import { type ErrorCode, type ErrorDetails, MillraceError } from '../../../errors.ts';
import type { KubernetesRequest } from './kubernetes-api.ts';

/** What the API server answers instead of the object: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export interface ApiStatus {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
}

/** A refusal or a silence of the Kubernetes API, in a user's words; `status` is HTTP's, null where there was no answer. */
export class KubernetesError extends MillraceError {
  readonly status: number | null;

  constructor(status: number | null, code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
    this.status = status;
  }
}

export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof KubernetesError && error.status === status;
}

/** Node's error of a connection that was not made, broke or stayed silent. */
export function unreachable(cause: unknown, server: string): KubernetesError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const how = connectionWords[code ?? ''] ?? code ?? message;
  return new KubernetesError(
    null,
    'KUBERNETES_UNREACHABLE',
    `the Kubernetes API at ${server} does not answer: ${how}`,
    {
      cause,
      hint: 'check the cluster, and the server that KUBECONFIG names',
    },
  );
}

/** Codes of Node's sockets and of OpenSSL: https://nodejs.org/api/errors.html, https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const connectionWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection broke',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'its name cannot be resolved now',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'no answer in time',
  ABORT_ERR: 'no answer in time',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by an authority that KUBECONFIG does not name',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that KUBECONFIG does not name',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that KUBECONFIG does not name',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

/** An answer of the API server that is no success. */
export function refusal(
  http: number,
  { reason, message = '' }: ApiStatus,
  request: KubernetesRequest,
): KubernetesError {
  const refuse = (code: ErrorCode, text: string, hint?: string) => new KubernetesError(http, code, text, { hint });
  if (http === 401) {
    const hint = 'sign in again, or correct the user that KUBECONFIG names';
    return refuse('KUBERNETES_REFUSED', 'Kubernetes does not accept the credentials', hint);
  }
  if (http === 403) return forbidden(message);
  const namespace = /^namespaces "([^"]+)" not found/.exec(message)?.[1];
  if (namespace !== undefined) {
    const hint = 'create it, or name another in MILLRACE_NAMESPACE';
    return refuse('NAMESPACE_MISSING', `there is no namespace ${namespace}`, hint);
  }
  if (http === 404 && request.path.startsWith('/apis/argoproj.io/') && reason !== undefined && !message.includes('"')) {
    return refuse('ARGO_MISSING', 'the cluster does not know Argo Workflows', 'install Argo Workflows 3.6 or later');
  }
  if (http === 429 || http >= 500) {
    const hint = 'try again; the log of the API server says more';
    return refuse('KUBERNETES_UNREACHABLE', `the Kubernetes API is failing: ${message || `HTTP ${http}`}`, hint);
  }
  return refuse('WORKFLOW_REFUSED', `Kubernetes refuses: ${message || reason || `HTTP ${http}`}`);
}

/** A missing right, by its own sentence (k8s.io/apiserver, responsewriters.ForbiddenStatusError), or else a quota or admission. */
function forbidden(message: string): KubernetesError {
  const right =
    /User "([^"]+)" cannot (\S+) resource "([^"]+)" in API group "([^"]*)"(?: in the namespace "([^"]+)")?/.exec(
      message,
    );
  if (right === null) {
    const quota = /exceeded quota: .*/.exec(message)?.[0];
    return new KubernetesError(403, 'WORKFLOW_REFUSED', `Kubernetes refuses: ${quota ?? message}`);
  }
  const [, user, verb, resource, group, namespace] = right;
  const place = namespace === undefined ? '' : ` in the namespace ${namespace}`;
  return new KubernetesError(403, 'KUBERNETES_REFUSED', `${user} may not ${verb} ${resource}${place}`, {
    hint: `bind it to a Role with apiGroups ["${group}"], resources ["${resource}"], verbs ["${verb}"]`,
  });
}
