{{/* The namespaces of datasources other than the release's, as keys. */}}
{{- define "millrace.namespaces" -}}
{{- $found := dict }}
{{- range .Values.server.datasources }}
{{- if and .namespace (ne .namespace $.Release.Namespace) }}
{{- $_ := set $found .namespace true }}
{{- end }}
{{- end }}
{{- toYaml $found }}
{{- end }}

{{/* The server's rights in a namespace. Takes `root` and `namespace`. */}}
{{- define "millrace.serverRights" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: millrace-server
  namespace: {{ .namespace }}
  labels:
    {{- include "millrace.selector" "server" | nindent 4 }}
rules:
  - apiGroups: [argoproj.io]
    resources: [workflows]
    verbs: [create, get, list, watch, patch]
  - apiGroups: [""]
    resources: [pods]
    verbs: [list]
  - apiGroups: [""]
    resources: [pods/log]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: millrace-server
  namespace: {{ .namespace }}
  labels:
    {{- include "millrace.selector" "server" | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: millrace-server
subjects:
  - kind: ServiceAccount
    name: millrace-server
    namespace: {{ .root.Release.Namespace }}
{{- end }}

{{/* The account of workflows' pods in a namespace. Takes `root`, `namespace` and `account`. */}}
{{- define "millrace.workflowAccount" -}}
# Service account of the workflows' pods: Argo's executor reports a pod's result with it and can do nothing else.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .account }}
  namespace: {{ .namespace }}
  labels:
    {{- include "millrace.selector" "worker" | nindent 4 }}
# Containers that run statements get no token: Argo mounts the one of the Secret below into its own containers only.
automountServiceAccountToken: false
{{- with .root.Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
---
# Argo reads the token of `executor.serviceAccountName` from a Secret of this name: util/secrets/secret_name.go of Argo Workflows.
apiVersion: v1
kind: Secret
type: kubernetes.io/service-account-token
metadata:
  name: {{ .account }}.service-account-token
  namespace: {{ .namespace }}
  labels:
    {{- include "millrace.selector" "worker" | nindent 4 }}
  annotations:
    kubernetes.io/service-account.name: {{ .account }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ .account }}
  namespace: {{ .namespace }}
  labels:
    {{- include "millrace.selector" "worker" | nindent 4 }}
rules:
  - apiGroups: [argoproj.io]
    resources: [workflowtaskresults]
    verbs: [create, patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ .account }}
  namespace: {{ .namespace }}
  labels:
    {{- include "millrace.selector" "worker" | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .account }}
subjects:
  - kind: ServiceAccount
    name: {{ .account }}
    namespace: {{ .namespace }}
{{- end }}
