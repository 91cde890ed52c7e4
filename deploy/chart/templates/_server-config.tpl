{{/* Read by src/config.ts and src/engine/argo/config.ts. */}}
{{- define "millrace.serverConfig" -}}
MILLRACE_ENGINE: argo
MILLRACE_HOST: 0.0.0.0
MILLRACE_PORT: "8080"
{{- if .Values.server.mysql.enabled }}
MILLRACE_MYSQL_PORT: "3306"
{{- if include "millrace.mysqlSecret" . }}
MILLRACE_MYSQL_TLS_CERT: /etc/millrace/mysql/tls.crt
MILLRACE_MYSQL_TLS_KEY: /etc/millrace/mysql/tls.key
{{- end }}
{{- end }}
MILLRACE_SERVER_CONFIG: /etc/millrace/config/server.yaml
MILLRACE_USERS_FILE: /etc/millrace/users/users.yaml
MILLRACE_SCHEMA: {{ .Values.datasource.schema | quote }}
MILLRACE_STATE: /tmp/millrace
# The catalog lists the models by their files.
MILLRACE_VOLUMES: /datasets=/datasets,/models=/models
MILLRACE_NAMESPACE: {{ .Release.Namespace }}
MILLRACE_SERVICE_ACCOUNT: workflow
MILLRACE_PLACES_CONFIGMAP: {{ .Release.Namespace }}/millrace-places
MILLRACE_WORKER_IMAGE: {{ .Values.images.worker }}
{{- with .Values.images.gpuWorker }}
MILLRACE_GPU_WORKER_IMAGE: {{ . }}
{{- end }}
MILLRACE_TRAINER_IMAGE: {{ .Values.images.trainer }}
{{- with .Values.images.named }}
MILLRACE_IMAGES: {{ range $name, $image := . }}{{ $name }}={{ $image }},{{ end }}
{{- end }}
MILLRACE_IMAGE_URLS: {{ if .Values.imageUrls.enabled }}{{ prepend .Values.imageUrls.networks "public" | join "," }}{{ else }}none{{ end }}
{{- with .Values.buckets.allowed }}
MILLRACE_BUCKETS: {{ join "," . }}
MILLRACE_S3_REGION: {{ $.Values.buckets.region }}
{{- with $.Values.buckets.endpoint }}
MILLRACE_S3_ENDPOINT: {{ . }}
{{- end }}
{{- with $.Values.buckets.pathStyle }}
MILLRACE_S3_PATH_STYLE: {{ . | quote }}
{{- end }}
{{- with $.Values.buckets.secret }}
MILLRACE_S3_SECRET: {{ . }}
{{- end }}
{{- end }}
MILLRACE_DATASOURCE_SECRET: {{ .Values.datasource.secret }}/{{ .Values.datasource.key }}
{{- with .Values.datasource.systemSecret }}
MILLRACE_SYSTEM_DATASOURCE_SECRET: {{ . }}/{{ $.Values.datasource.key }}
{{- end }}
{{- with .Values.datasource.readerSecret }}
MILLRACE_READER_DATASOURCE_SECRET: {{ . }}/{{ $.Values.datasource.key }}
{{- end }}
{{- with .Values.datasource.foreignSecret }}
MILLRACE_FOREIGN_DATASOURCE_SECRET: {{ . }}/{{ $.Values.datasource.key }}
{{- end }}
{{- with .Values.server.url }}
MILLRACE_STATEMENT_URL: {{ trimSuffix "/" . }}/v1/statements/
{{- end }}
{{- end }}

{{/* The Secret with the certificate for clients of MySQL; empty: there is none. */}}
{{- define "millrace.mysqlSecret" -}}
{{- if .Values.server.mysql.enabled }}{{ .Values.server.mysql.tlsSecret }}{{ end }}
{{- end }}

{{/* Read by src/server/config-file.ts. */}}
{{- define "millrace.serverFile" -}}
# The server's profiles, limits, links, and datasources other than `default`. Its users are in the Secret {{ .Values.server.usersSecret }}.
{{- with .Values.server.datasources }}
datasources:
  {{- range $name, $datasource := . }}
  {{ $name }}:
    dsnFile: /etc/millrace/datasources/{{ $name }}
    secret: {{ $datasource.secret }}/{{ $datasource.key }}
    {{- with $datasource.systemSecret }}
    systemDsnFile: /etc/millrace/datasources/{{ $name }}.system
    systemSecret: {{ . }}/{{ $datasource.key }}
    {{- end }}
    {{- with $datasource.readerSecret }}
    readerDsnFile: /etc/millrace/datasources/{{ $name }}.reader
    readerSecret: {{ . }}/{{ $datasource.key }}
    {{- end }}
    {{- with $datasource.foreignSecret }}
    foreignSecret: {{ . }}/{{ $datasource.key }}
    {{- end }}
    {{- with $datasource.namespace }}
    namespace: {{ . }}
    {{- end }}
    {{- with $datasource.serviceAccount }}
    serviceAccount: {{ . }}
    {{- end }}
    {{- with $datasource.schema }}
    schema: {{ . }}
    {{- end }}
  {{- end }}
{{- end }}
{{- with .Values.server.profiles }}
profiles:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.server.limits }}
limits:
  {{- range $name, $limit := . }}
  {{ $name }}: {{ int64 $limit }}
  {{- end }}
{{- end }}
{{- with .Values.server.images }}
images:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.server.buckets }}
buckets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.server.links }}
links:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
