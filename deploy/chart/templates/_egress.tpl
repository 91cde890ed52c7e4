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
