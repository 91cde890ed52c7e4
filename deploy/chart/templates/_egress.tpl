{{/* DNS, the databases and the Kubernetes API. */}}
{{- define "millrace.egress" -}}
{{- include "millrace.databaseEgress" . }}
- ports:
    {{- range .Values.networkPolicy.apiPorts }}
    - port: {{ . }}
    {{- end }}
{{- end }}

{{- define "millrace.databaseEgress" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
- ports:
    {{- $ports := list (int .Values.datasource.port) }}
    {{- range .Values.server.datasources }}
    {{- $ports = append $ports (int (default 3306 .port)) }}
    {{- end }}
    {{- range uniq $ports }}
    - port: {{ . }}
    {{- end }}
{{- end }}

{{/* What the pods of workflows reach. Takes `root` and `namespace`. */}}
{{- define "millrace.workerPolicy" -}}
# Argo's executor needs the Kubernetes API, the worker the database.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: millrace-worker
  namespace: {{ .namespace }}
  labels:
    {{- include "millrace.selector" "worker" | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "millrace.selector" "worker" | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    {{- include "millrace.egress" .root | nindent 4 }}
    {{- if .root.Values.imageUrls.enabled }}
    - to:
        - ipBlock:
            cidr: 0.0.0.0/0
            except: [10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]
        - ipBlock:
            cidr: 2000::/3
      ports:
        - port: 80
        - port: 443
    {{- with .root.Values.imageUrls.networks }}
    - to:
        {{- range . }}
        - ipBlock:
            cidr: {{ . }}
        {{- end }}
    {{- end }}
    {{- end }}
    {{- if .root.Values.buckets.allowed }}
    - to:
        {{- range .root.Values.buckets.networks }}
        - ipBlock:
            cidr: {{ . }}
        {{- else }}
        - ipBlock:
            cidr: 0.0.0.0/0
            except: [10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]
        - ipBlock:
            cidr: 2000::/3
        {{- end }}
      ports:
        - port: {{ .root.Values.buckets.port }}
    {{- end }}
    {{- with .root.Values.networkPolicy.workerEgress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
