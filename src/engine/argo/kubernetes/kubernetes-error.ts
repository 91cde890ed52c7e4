import { type ErrorCode, type ErrorDetails, MillraceError } from '../../../errors.ts';

/** The API server's response to a request that failed: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export interface ApiStatus {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
}

/** A failed request to the Kubernetes API, in a user's words. `status` is the HTTP status; null: there was no response. */
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

/** Converts Node's error of a connection that could not be opened, broke or timed out. */
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
  EAI_AGAIN: 'its name cannot currently be resolved',
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

/** Converts a response of the API server that is not a success. */
export function refusal(
  http: number,
  { reason, message = '' }: ApiStatus,
  request: { readonly path: string },
): KubernetesError {
  const refuse = (code: ErrorCode, text: string, hint?: string) => new KubernetesError(http, code, text, { hint });
  if (http === 401) {
    const hint = 'sign in again, or correct the user that KUBECONFIG names';
    return refuse('KUBERNETES_REFUSED', 'Kubernetes does not accept the credentials', hint);
  }
  if (http === 403) return forbidden(message);
  const namespace = /^namespaces "([^"]+)" not found/.exec(message)?.[1];
  if (namespace !== undefined) return refuse('NAMESPACE_MISSING', `the namespace ${namespace} does not exist`);
  if (http === 404 && request.path.startsWith('/apis/argoproj.io/') && reason !== undefined && !message.includes('"')) {
    return refuse(
      'ARGO_MISSING',
      'Argo Workflows is not installed in the cluster',
      'install Argo Workflows 4.1 or later',
    );
  }
  if (http === 429 || http >= 500) {
    const hint = "try again; if it keeps failing, read the API server's log";
    return refuse('KUBERNETES_UNREACHABLE', `the Kubernetes API is failing: ${message || `HTTP ${http}`}`, hint);
  }
  return refuse('WORKFLOW_REFUSED', `Kubernetes rejects the request: ${message || reason || `HTTP ${http}`}`);
}

/** A missing right, recognized by its sentence (k8s.io/apiserver, responsewriters.ForbiddenStatusError), or else a quota or an admission webhook. */
function forbidden(message: string): KubernetesError {
  const right =
    /User "([^"]+)" cannot (\S+) resource "([^"]+)" in API group "([^"]*)"(?: in the namespace "([^"]+)")?/.exec(
      message,
    );
  if (right === null) {
    const quota = /exceeded quota: .*/.exec(message)?.[0];
    return new KubernetesError(403, 'WORKFLOW_REFUSED', `Kubernetes rejects the request: ${quota ?? message}`);
  }
  const [, user, verb, resource, group, namespace] = right;
  const place = namespace === undefined ? '' : ` in the namespace ${namespace}`;
  return new KubernetesError(403, 'KUBERNETES_REFUSED', `${user} may not ${verb} ${resource}${place}`, {
    hint: `bind it to a Role with apiGroups ["${group}"], resources ["${resource}"], verbs ["${verb}"]`,
  });
}
